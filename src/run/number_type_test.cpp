// Precision as a choice, from base and packages to frames.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "core/json.hpp"
#include "core/log.hpp"
#include "mainstream/runner.hpp"
#include "run/analysis.hpp"
#include "run/deployer.hpp"
#include "run/feedback.hpp"
#include "run/schedule_file.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

constexpr NumberTypes kF32{}, kHalf{NumberType::bf16, NumberType::bf16},
    kMixed{NumberType::int8, NumberType::f32}, kSmall{NumberType::int8, NumberType::int8};

class NumberTypeTest : public testing::TestWithParam<NumberType> {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    files_ = new TestMix;
    write_base(calibrated(files_->base, files_->clip()), calibrated_path());
  }
  static void TearDownTestSuite() { delete files_; }
  static std::filesystem::path calibrated_path() { return files_->folder / "calibrated.onnx"; }
  static std::filesystem::path cache() { return files_->folder / "cache"; }  // measured once for all tests

  void SetUp() override {
    if (!processor_has(GetParam()))
      GTEST_SKIP() << "this processor does not compute in " << to_string(GetParam());
  }
  [[nodiscard]] static Mix mix(double fps = 14) { return files_->mix(calibrated_path(), fps); }

  [[nodiscard]] static RunOptions run_options() {
    RunOptions options;
    options.base = calibrated_path();
    options.apps = files_->packages();
    options.source = files_->clip().string();
    options.threads = 1;  // tests run beside others
    return options;
  }

  // 26 ms through the whole stem in f32, tails of 25, 11 and 1; the number type takes a third of it.
  [[nodiscard]] Costs costs(const Mix& mix) const {
    const Mix::Stem& stem = mix.stems[0];
    Costs costs{.stems = {{.scale_ms = 1, .segment_ms = {}}}, .own_ms = {}};
    costs.own_ms.resize(mix.apps.size());
    const std::vector<double> way{2, 14, 10}, tails{25, 11, 1};
    for (const NumberType type : stem.number_types) {
      const double share = type == NumberType::f32 ? 1 : type == GetParam() ? 0.3 : 0.9;
      std::vector<double>& segments = costs.stems[0].segment_ms[type];
      segments.resize(stem.base.branchpoints.size());
      for (std::size_t i = 0; i < way.size(); ++i) {
        const Branchpoint& place = stem.base.branchpoints[stem.branchpoints[i]];
        segments[stem.branchpoints[i]] = way[i] * share;
        for (auto& app : costs.own_ms) {
          app[{fmt::format("tail-{}", place.layers), type}] = i == 2 ? tails[i] : tails[i] * share;
        }
      }
    }
    return costs;
  }

  static TestMix* files_;
  TestFolder out_;
};

TestMix* NumberTypeTest::files_ = nullptr;

// What an app's network answers when each of its two parts has a number type.
std::vector<float> scores_of(const Mix& mix, std::size_t app, std::size_t candidate, NumberTypes pair,
                             const std::vector<std::vector<float>>& inputs) {
  const Engine engine({.threads = 1});
  const Mix::Stem& on = mix.stems[0];
  std::vector<std::string> tensors;
  for (const std::size_t place : on.branchpoints) tensors.push_back(on.base.branchpoints[place].tensor);
  Stem stem(engine, on.base.graph, tensors, std::vector<NumberType>(tensors.size(), pair.stem),
            on.base.ranges);
  const Candidate& described = mix.apps[app].manifest().candidates[candidate];
  Tail tail(stem, mix.apps[app].package.graph(described), pair.tail, described.ranges);
  std::vector<float> scores;
  for (const auto& input : inputs) {
    stem.load(input);
    stem.run_to(tail.branchpoint());
    scores.push_back(event_score(tail.run(), mix.apps[app].positive));
  }
  return scores;
}

TEST_P(NumberTypeTest, IsOfferedWhereBasePackageAndProcessorHaveIt) {
  const Mix with = mix();
  EXPECT_THAT(with.stems[0].number_types, testing::Contains(GetParam()));
  EXPECT_EQ(with.stems[0].number_types.front(), NumberType::f32);
  const Mix without = files_->mix();
  EXPECT_THAT(without.stems[0].number_types, testing::ElementsAre(NumberType::f32));
  const Candidate& middle = without.apps[0].manifest().candidates[1];
  EXPECT_THAT(number_types_of(middle, without.stems[0]), testing::ElementsAre(kF32));
  const Problem alone = make_problem(with, costs(with), 100, Mode::no_sharing);
  for (const Problem::Candidate& entry : alone.apps[0].candidates) {
    EXPECT_TRUE(entry.stem_type == entry.tail_type) << "a network that runs alone has one number type";
  }
}

TEST_P(NumberTypeTest, EverythingIsMeasuredInEachNumberType) {
  const Mix apps = mix();
  const Costs measured = known_costs(Engine({.threads = 1}), apps, cache());
  const std::string middle = apps.apps[0].manifest().candidates[1].id,
                    last = apps.apps[0].manifest().candidates[0].id;
  EXPECT_GT(measured.own_ms[0].at({middle, GetParam()}), 0);
  EXPECT_GT(measured.own_ms[0].at({middle, NumberType::f32}), 0);
  EXPECT_FALSE(measured.own_ms[0].contains({last, GetParam()})) << "a head alone is in f32";
  EXPECT_EQ(measured.stems[0].segment_ms.at(GetParam()).size(), apps.stems[0].base.branchpoints.size());
}

TEST_P(NumberTypeTest, ATightBudgetBuysMoreWithIt) {
  const Mix apps = mix();
  const Planner planner(apps, {});
  const MixPlan rich = planner.solve(costs(apps), 3000);
  for (const Setting& setting : rich.settings) EXPECT_EQ(setting.number_types, kF32);
  EXPECT_THAT(rich.stem_types[0], testing::Each(NumberType::f32));
  const MixPlan poor = planner.solve(costs(apps), 100);
  ASSERT_TRUE(poor.schedule.feasible);
  EXPECT_THAT(poor.stem_types[0], testing::Contains(GetParam()));
  const Mix plain = files_->mix(14);
  EXPECT_GT(poor.schedule.mean_f1, Planner(plain, {}).solve(costs(plain), 100).schedule.mean_f1);
  const MixPlan again = planner.evaluate(costs(apps), 100, poor.settings);
  EXPECT_EQ(again.stem_types, poor.stem_types);
  EXPECT_NEAR(again.schedule.cost, poor.schedule.cost, 1e-9);
}

// The stem is compiled anew while the first plan runs; each plan answers with its own number types.
TEST_P(NumberTypeTest, ANewScheduleMayChangeTheStemsNumberType) {
  const Mix apps = mix(kClipFps);
  Deployer deployer(Mode::mainstream, Engine({.threads = 1}), Clock::system());
  const NumberTypes pair = GetParam() == NumberType::bf16 ? kHalf : kSmall;
  const NumberTypes head{GetParam(), NumberType::f32};
  const MixPlan before = files_->plan({{0, 20}, {1, 20}, {2, 20}}),
                after = files_->plan({{0, 20, head}, {1, 20, pair}, {2, 20, pair}}, GetParam());
  auto first = deployer.plan(apps, before);
  const std::weak_ptr<SharedStem> old_stem = deployer.stem(apps.stems[0], before.stem_types[0]);
  auto second = deployer.plan(apps, after);
  EXPECT_EQ(second[0]->apps[1].setting.threshold,
            files_->manifests["b"].candidates[1].quality(pair)->threshold);
  EXPECT_FALSE(old_stem.expired());

  const auto inputs = clip_inputs(apps.stems[0].base, files_->clip(), 10);
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
    if (i == 5) first.clear();
    (i < 5 ? first : second)[0]->pipeline->run(frame->picture, all, scores, times);
    for (std::size_t app = 0; app < 3; ++app) {
      EXPECT_FLOAT_EQ(scores[app], (i < 5 ? expected_before : expected_after)[app][i]) << app << ' ' << i;
    }
  }
  EXPECT_TRUE(old_stem.expired()) << "what no plan has goes";
}

TEST_P(NumberTypeTest, WithoutSharingTheWholeNetworkIsInIt) {
  const Mix apps = mix(kClipFps);
  Deployer deployer(Mode::no_sharing, Engine({.threads = 1}), Clock::system());
  const NumberTypes pair = GetParam() == NumberType::bf16 ? kHalf : kSmall;
  auto plan = deployer.plan(apps, files_->plan({{2, 20, pair}, {2, 20, pair}, {2, 20, pair}}, GetParam()));
  VideoReader reader(files_->clip().string());
  std::vector<float> scores(3);
  FrameTimes times;
  for (std::size_t i = 0; i < 3; ++i) {
    plan[0]->pipeline->run(reader.next()->picture, std::vector<std::size_t>{0, 1, 2}, scores, times);
    EXPECT_NEAR(scores[0], files_->scores["a"][2][i], 0.1);
    EXPECT_NE(scores[0], files_->scores["a"][2][i]);
  }
}

// Of a report's first schedule: where each shared segment ends, and in what it runs.
std::map<int, std::string> number_types_told(const Json& report) {
  std::map<int, std::string> told;
  for (const Json& segment : report["schedules"][0]["shared"])
    told[segment["layers"][1]] = segment["precision"];
  return told;
}

// A whole run from files: a given schedule, what the report says of it, and that report run again.
TEST_P(NumberTypeTest, AScheduleFileSaysItAndAReportTellsIt) {
  const std::string name = to_string(GetParam());
  RunOptions options = run_options();
  options.pace = Pace::all;
  options.frame_log = out_ / "frames.csv";
  options.report = out_ / "report.json";
  options.schedule = out_ / "schedule.json";
  const std::string own = GetParam() == NumberType::bf16 ? "bf16" : "f32";
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
  // A segment that was measured to cost no less, as on a busy machine, runs in a more exact type.
  const std::map<int, std::string> used = number_types_told(json);
  EXPECT_THAT(used, testing::Each(testing::Pair(testing::_, testing::AnyOf(name, "f32", "bf16"))));
  if (std::ranges::all_of(used, [&](const auto& segment) { return segment.second == name; })) {
    const Mix mixed = mix();
    const auto expected = scores_of(mixed, 0, 1, {GetParam(), *number_type_from(own)},
                                    clip_inputs(mixed.stems[0].base, files_->clip(), 1));
    EXPECT_THAT(log, testing::HasSubstr(fmt::format("a,{:.6f}", expected[0])));
  }
  write_file(*options.schedule, told.dump());
  (void)run(options);
  const Json again = parse_json(read_file(*options.report), "report.json");
  if (number_types_told(again) == used) {
    EXPECT_EQ(read_file(*options.frame_log), log);
  }
}

// Live, under a budget: what is asked for is chosen, compiled and run.
TEST_P(NumberTypeTest, ARunChoosesByItself) {
  RunOptions options = run_options();
  options.budget = 20;
  options.duration_s = 1;
  const RunReport report = run(options);
  EXPECT_GT(report.frames_analysed, 0);
  EXPECT_THAT(report.number_types, testing::Contains(GetParam()));
  EXPECT_EQ(report.stem_costs.size(), 3 * report.number_types.size());
}

TEST_P(NumberTypeTest, ASchedulesNumberTypesMustBePossibleTogether) {
  const Mix apps = mix();
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
    EXPECT_ERROR(untrusted, read_schedule(out_ / "schedule.json", apps, Mode::mainstream), message);
  };
  const std::string name = to_string(GetParam());
  refuse({"f32", name, name},
         "a branchpoint has one number type, and a deeper one has none that is more exact");
  refuse({name, name, "f32"}, "cannot have the stem of");
  refuse({name, name, "f16"}, "apps[2].stem_precision: expected f32, bf16 or int8, got \"f16\"");
  const Mix plain = files_->mix();
  EXPECT_ERROR(untrusted, read_schedule(out_ / "schedule.json", plain, Mode::mainstream),
               "apps[0]: " + name + " stem, f32 tail is not possible");
}

TEST_P(NumberTypeTest, PackagesMakeAProblemOfAllNumberTypes) {
  const Mix apps = mix();
  const Problem problem = make_problem(apps, known_costs(Engine({.threads = 1}), apps, cache()), 1000);
  validate(problem);
  const auto& names = problem.stems[0].layer_costs;
  ASSERT_EQ(names.size(), apps.stems[0].number_types.size());
  EXPECT_NE(std::ranges::find(names, to_string(GetParam()), &Problem::LayerCosts::number_type), names.end());
  for (const Problem::Candidate& candidate : problem.apps[0].candidates) EXPECT_GT(candidate.own_cost, 0);
  EXPECT_TRUE(solve(problem).feasible);
}

INSTANTIATE_TEST_SUITE_P(, NumberTypeTest, testing::Values(NumberType::bf16, NumberType::int8),
                         [](const auto& of) { return std::string(to_string(of.param)); });

}  // namespace
}  // namespace mainstream
