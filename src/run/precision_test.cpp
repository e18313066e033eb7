// Precision as a choice, from base and packages to frames.
#include <algorithm>
#include <map>
#include <sstream>

#include "core/json.hpp"
#include "core/log.hpp"
#include "mainstream/runner.hpp"
#include "run/analysis.hpp"
#include "run/feedback.hpp"
#include "run/package_problem.hpp"
#include "run/schedule_file.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

constexpr PrecisionPair kF32{}, kHalf{Precision::bf16, Precision::bf16},
    kMixed{Precision::int8, Precision::f32}, kSmall{Precision::int8, Precision::int8};

class PrecisionTest : public testing::TestWithParam<Precision> {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    files_ = new TestMix;
    write_base(calibrated(files_->base, files_->clip()), calibrated_path());
  }
  static void TearDownTestSuite() { delete files_; }
  static std::filesystem::path calibrated_path() { return files_->folder / "calibrated.onnx"; }

  void SetUp() override {
    if (!processor_has(GetParam()))
      GTEST_SKIP() << "this processor does not compute in " << to_string(GetParam());
  }
  [[nodiscard]] static AppMix mix(Mode mode = Mode::mainstream) {
    return read_mix(calibrated_path(), files_->packages(), mode);
  }

  [[nodiscard]] static RunOptions run_options() {
    RunOptions options;
    options.base = calibrated_path();
    options.apps = files_->packages();
    options.source = files_->clip().string();
    options.threads = 1;  // tests run beside others
    return options;
  }

  // 26 ms through the whole stem in f32, tails of 1, 11 and 25; the precision takes a third of it.
  [[nodiscard]] Costs costs() const {
    Costs costs{.scale_ms = 1, .stem_ms = {}, .own_ms = {3, std::vector<std::map<Precision, double>>(3)}};
    for (const Precision precision : mix().precisions) {
      const double share = precision == Precision::f32 ? 1 : precision == GetParam() ? 0.3 : 0.9;
      costs.stem_ms[precision] = {2 * share, 14 * share, 10 * share};
      for (auto& app : costs.own_ms) {
        app[0][precision] = 1;
        app[1][precision] = 11 * share;
        app[2][precision] = 25 * share;
      }
    }
    return costs;
  }

  static TestMix* files_;
  TestFolder out_;
};

TestMix* PrecisionTest::files_ = nullptr;

// What an app's network answers when each of its two parts has a precision.
std::vector<float> scores_of(const AppMix& mix, std::size_t app, std::size_t candidate, PrecisionPair pair,
                             const std::vector<std::vector<float>>& inputs) {
  const Engine engine({.threads = 1});
  Stem stem(engine, mix.base.graph, mix.branchpoints, StemPrecisions(mix.branchpoints.size(), pair.stem),
            mix.base.ranges);
  const MixedApp& mixed = mix.apps[app];
  const Candidate& described = mixed.candidate(candidate);
  Tail tail(stem, mixed.package.graph(described), pair.tail, described.ranges);
  std::vector<float> scores;
  for (const auto& input : inputs) {
    stem.load(input);
    stem.run_to(mixed.branchpoint[candidate]);
    scores.push_back(event_score(tail.run(), mixed.positive));
  }
  return scores;
}

TEST_P(PrecisionTest, IsOfferedWhereBasePackageAndProcessorHaveIt) {
  const AppMix with = mix();
  EXPECT_THAT(with.precisions, testing::Contains(GetParam()));
  EXPECT_EQ(with.precisions.front(), Precision::f32);
  const AppMix without = read_mix(files_->base_path(), files_->packages(), Mode::mainstream);
  EXPECT_THAT(without.precisions, testing::ElementsAre(Precision::f32));
  EXPECT_THAT(without.precisions_of(without.apps[0].candidate(1)), testing::ElementsAre(kF32));
  const AppMix separate = mix(Mode::no_sharing);
  EXPECT_THAT(separate.precisions_of(separate.apps[0].candidate(1)), testing::Not(testing::Contains(kMixed)));
}

TEST_P(PrecisionTest, EverythingIsMeasuredInEachPrecision) {
  for (const Mode mode : {Mode::mainstream, Mode::no_sharing}) {
    const AppMix apps = mix(mode);
    Deployer deployer(apps, Engine({.threads = 1}), Clock::system());
    const auto picture = VideoReader(files_->clip().string()).next()->picture;
    const Costs costs = measure_costs(deployer, picture, Clock::system());
    const std::size_t candidate = mode == Mode::mainstream ? 1 : 2;
    EXPECT_GT(costs.own_ms[0][candidate].at(GetParam()), 0);
    EXPECT_GT(costs.own_ms[0][candidate].at(Precision::f32), 0);
    if (mode == Mode::no_sharing) continue;
    EXPECT_EQ(costs.own_ms[0][0].size(), 1U) << "a head alone is in f32";
    EXPECT_EQ(costs.stem_ms.at(GetParam()).size(), 3U);
  }
}

TEST_P(PrecisionTest, ATightBudgetBuysMoreWithIt) {
  const AppMix apps = mix();
  const Planner planner(apps, {14, Algorithm::automatic, Objective::mean});
  const Planned rich = planner.solve(costs(), 3000);
  for (const Setting& setting : rich.settings) EXPECT_EQ(setting.precisions, kF32);
  EXPECT_THAT(rich.stem, testing::Each(Precision::f32));
  const Planned poor = planner.solve(costs(), 100);
  ASSERT_TRUE(poor.schedule.feasible);
  EXPECT_THAT(poor.stem, testing::Contains(GetParam()));
  const AppMix plain = read_mix(files_->base_path(), files_->packages(), Mode::mainstream);
  const Planned plain_poor = Planner(plain, {14, Algorithm::automatic, Objective::mean}).solve(costs(), 100);
  EXPECT_GT(poor.schedule.mean_f1, plain_poor.schedule.mean_f1);
  const Planned again = planner.evaluate(costs(), 100, poor.settings);
  EXPECT_EQ(again.stem, poor.stem);
  EXPECT_NEAR(again.schedule.cost, poor.schedule.cost, 1e-9);
}

// The stem is compiled anew while the first plan runs; each plan answers with its own precision.
TEST_P(PrecisionTest, ANewScheduleMayChangeTheStemsPrecision) {
  const AppMix apps = mix();
  Deployer deployer(apps, Engine({.threads = 1}), Clock::system());
  const PrecisionPair pair = GetParam() == Precision::bf16 ? kHalf : kSmall;
  const PrecisionPair head{GetParam(), Precision::f32};
  const std::vector<Setting> before{{0, 20, {}}, {1, 20, {}}, {2, 20, {}}},
      after{{0, 20, head}, {1, 20, pair}, {2, 20, pair}};
  auto first = deployer.plan(before, StemPrecisions(3, Precision::f32), kClipFps);
  const std::weak_ptr<SharedStem> old_stem = deployer.stem(StemPrecisions(3, Precision::f32));
  auto second = deployer.plan(after, StemPrecisions(3, GetParam()), kClipFps);
  EXPECT_EQ(second->apps[1].threshold, files_->manifests["b"].candidates[1].quality(pair)->threshold);
  EXPECT_FALSE(old_stem.expired());

  const auto inputs = clip_inputs(apps.base, files_->clip(), 10);
  std::vector<std::vector<float>> expected_before, expected_after;
  for (std::size_t app = 0; app < 3; ++app) {
    expected_before.push_back(scores_of(apps, app, app, kF32, inputs));
    expected_after.push_back(scores_of(apps, app, app, app == 0 ? head : pair, inputs));
  }
  EXPECT_NE(expected_before, expected_after);
  VideoReader reader(files_->clip().string());
  const std::vector<std::size_t> all{0, 1, 2};
  std::vector<float> scores(3);
  FrameTimes times;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto frame = reader.next();
    if (i == 5) first.reset();
    (i < 5 ? first : second)->pipeline->run(frame->picture, all, scores, times);
    for (std::size_t app = 0; app < 3; ++app) {
      EXPECT_FLOAT_EQ(scores[app], (i < 5 ? expected_before : expected_after)[app][i]) << app << ' ' << i;
    }
  }
  EXPECT_TRUE(old_stem.expired()) << "what no plan has goes";
}

TEST_P(PrecisionTest, WithoutSharingTheWholeNetworkIsInIt) {
  const AppMix apps = mix(Mode::no_sharing);
  Deployer deployer(apps, Engine({.threads = 1}), Clock::system());
  const PrecisionPair pair = GetParam() == Precision::bf16 ? kHalf : kSmall;
  auto plan = deployer.plan(std::vector<Setting>(3, {2, 20, pair}), {}, kClipFps);
  VideoReader reader(files_->clip().string());
  std::vector<float> scores(3);
  FrameTimes times;
  for (std::size_t i = 0; i < 3; ++i) {
    plan->pipeline->run(reader.next()->picture, std::vector<std::size_t>{0, 1, 2}, scores, times);
    EXPECT_NEAR(scores[0], files_->scores["a"][2][i], 0.1);
    EXPECT_NE(scores[0], files_->scores["a"][2][i]);
  }
}

// Of a report's first schedule: where each shared segment ends, and in what it runs.
std::map<int, std::string> precisions_told(const Json& report) {
  std::map<int, std::string> told;
  for (const Json& segment : report["schedules"][0]["shared"])
    told[segment["layers"][1]] = segment["precision"];
  return told;
}

// A whole run from files: a given schedule, what the report says of it, and that report run again.
TEST_P(PrecisionTest, AScheduleFileSaysItAndAReportTellsIt) {
  const std::string name = to_string(GetParam());
  RunOptions options = run_options();
  options.pace = Pace::all;
  options.frame_log = out_ / "frames.csv";
  options.report = out_ / "report.json";
  options.schedule = out_ / "schedule.json";
  const std::string own = GetParam() == Precision::bf16 ? "bf16" : "f32";
  const auto& candidates = files_->manifests["a"].candidates;
  Json apps = Json::array();
  for (const char* id : {"a", "b", "c"}) {
    apps.push_back({{"id", id},
                    {"branchpoint", candidates[1].branchpoint},
                    {"fps", 20},
                    {"stem_precision", name},
                    {"tail_precision", own}});
  }
  write_file(*options.schedule, Json{{"apps", apps}}.dump());
  const RunReport report = run(options);
  EXPECT_EQ(report.frames_analysed, kClipFrames);
  const Json json = parse_json(read_file(*options.report), "report.json");
  const Json& told = json["schedules"][0];
  EXPECT_EQ(told["apps"][1]["stem_precision"], name);
  EXPECT_EQ(told["apps"][1]["tail_precision"], own);
  const std::string log = read_file(*options.frame_log);
  // A segment that was measured to cost no less, as on a busy machine, runs in f32.
  const std::map<int, std::string> used = precisions_told(json);
  EXPECT_THAT(used, testing::Each(testing::Pair(testing::_, testing::AnyOf(name, "f32"))));
  if (std::ranges::all_of(used, [&](const auto& segment) { return segment.second == name; })) {
    AppMix mixed = mix();
    mixed.use_only(read_schedule(*options.schedule, mixed));
    const auto expected = scores_of(mixed, 0, 1, {GetParam(), *precision_from(own)},
                                    clip_inputs(mixed.base, files_->clip(), 1));
    EXPECT_THAT(log, testing::HasSubstr(fmt::format("a,{:.6f}", expected[0])));
  }
  write_file(*options.schedule, told.dump());
  (void)run(options);
  const Json again = parse_json(read_file(*options.report), "report.json");
  if (precisions_told(again) == used) {
    EXPECT_EQ(read_file(*options.frame_log), log);
  }
}

// Live, under a budget: what is asked for is chosen, compiled and run.
TEST_P(PrecisionTest, ARunChoosesByItself) {
  RunOptions options = run_options();
  options.budget = 20;
  options.duration_s = 1;
  const RunReport report = run(options);
  EXPECT_GT(report.frames_analysed, 0);
  EXPECT_THAT(report.schedules[0].precisions, testing::Contains(to_string(GetParam())));
  EXPECT_EQ(report.stem_costs.size(), 3 * report.schedules[0].precisions.size());
}

TEST_P(PrecisionTest, ASchedulesPrecisionsMustBePossibleTogether) {
  const AppMix apps = mix();
  const auto& candidates = files_->manifests["a"].candidates;
  const auto refuse = [&](const std::vector<std::string>& stems, const char* message) {
    Json entries = Json::array();
    for (std::size_t app = 0; app < 3; ++app) {
      entries.push_back({{"id", std::string(1, static_cast<char>('a' + app))},
                         {"branchpoint", candidates[app == 0 ? 0 : 1].branchpoint},
                         {"fps", 5},
                         {"stem_precision", stems[app]},
                         {"tail_precision", app > 0 && stems[app] == "bf16" ? "bf16" : "f32"}});
    }
    write_file(out_ / "schedule.json", Json{{"apps", entries}}.dump());
    EXPECT_ERROR(untrusted, read_schedule(out_ / "schedule.json", apps), message);
  };
  const std::string name = to_string(GetParam());
  refuse({"f32", name, name}, "one branchpoint has one precision, and deeper ones no more exact ones");
  refuse({name, name, "f32"}, "cannot have the stem of");
  refuse({name, name, "f16"}, "apps[2].stem_precision: must be f32, bf16 or int8, is \"f16\"");
  const AppMix plain = read_mix(files_->base_path(), files_->packages(), Mode::mainstream);
  EXPECT_ERROR(untrusted, read_schedule(out_ / "schedule.json", plain),
               "apps[0]: " + name + " stem, f32 tail is not possible");
}

TEST_P(PrecisionTest, PackagesMakeAProblemOfAllPrecisions) {
  const Base base = read_base(calibrated_path());
  const Engine engine({.threads = 1});
  std::vector<MPackage> packages;
  std::vector<const Manifest*> manifests;
  for (const auto& path : files_->packages()) packages.push_back(MPackage::open(path));
  for (const MPackage& package : packages) manifests.push_back(&package.manifest());
  std::vector<Profile> profiles;
  for (const Precision precision : useful_precisions(base, manifests)) {
    profiles.push_back(profile_base(engine, base, precision, std::chrono::milliseconds(20)));
  }
  const Problem problem = problem_from_packages(engine, base, profiles, packages, 14, 1000);
  validate(problem);
  ASSERT_EQ(problem.stems[0].layer_costs.size(), profiles.size());
  const auto& names = problem.stems[0].layer_costs;
  EXPECT_NE(std::ranges::find(names, to_string(GetParam()), &Problem::LayerCosts::precision), names.end());
  for (const Problem::Candidate& candidate : problem.apps[0].candidates) EXPECT_GT(candidate.head_cost, 0);
  EXPECT_TRUE(solve(problem).feasible);
}

INSTANTIATE_TEST_SUITE_P(, PrecisionTest, testing::Values(Precision::bf16, Precision::int8),
                         [](const auto& of) { return std::string(to_string(of.param)); });

}  // namespace
}  // namespace mainstream
