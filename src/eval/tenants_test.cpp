#include "eval/tenants.hpp"

#include <random>
#include <set>

#include "core/log.hpp"
#include "eval/sampling.hpp"
#include "eval/sharing.hpp"
#include "eval/statistics.hpp"
#include "eval/stream_testing.hpp"
#include "eval/tenant_experiments.hpp"
#include "eval/throughput.hpp"
#include "eval/timeline.hpp"
#include "event/replay.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TenantsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    study_ = new LittleStudy;
  }
  static void TearDownTestSuite() {
    delete study_;
    study_ = nullptr;
  }
  static const TenantPool& pool() { return study_->pool(); }

  static TenantMethod mode(Mode mode) { return {{to_string(mode), mode, false}}; }

  ExperimentSetup setup(const std::string& name) const {
    return {.name = name, .output = folder_ / name, .command = "test", .options = {}};
  }
  static RealRunOptions run_options() {
    return {.base = study_->base(),
            .stream = study_->stream,
            .threads = 1,
            .stop = {},
            .frame_log = study_->folder() / "frames.csv"};
  }

  static LittleStudy* study_;
  const TestFolder folder_;
};
LittleStudy* TenantsTest::study_ = nullptr;

TEST(DrawMixTest, RepeatsAppsOnlyWhenAllAreIn) {
  for (const std::size_t size : {1U, 3U, 5U, 12U}) {
    const TenantMix mix = draw_mix(5, size, 7);
    ASSERT_EQ(mix.size(), size);
    EXPECT_TRUE(std::ranges::is_sorted(mix));
    for (std::size_t app = 0; app < 5; ++app) {
      const auto times = static_cast<std::size_t>(std::ranges::count(mix, app));
      EXPECT_GE(times, size / 5);
      EXPECT_LE(times, size / 5 + 1);
    }
  }
  std::set<TenantMix> drawn;
  for (std::uint64_t seed = 0; seed < 20; ++seed) drawn.insert(draw_mix(5, 2, seed));
  EXPECT_GT(drawn.size(), 5U);  // of ten
  EXPECT_EQ(draw_mix(5, 2, 3), draw_mix(5, 2, 3));
}

TEST_F(TenantsTest, SchedulesAreThoseOfARun) {
  const TrainedMix& trained = pool().trained;
  const Mix two = read_mix(study_->base(), {study_->package("blue"), study_->package("red")}, "stream",
                           study_->stream.fps, 32, 32);
  Costs costs = trained.costs;
  costs.own_ms.erase(costs.own_ms.begin() + 1);
  for (const Mode mode : {Mode::mainstream, Mode::fixed, Mode::max_sharing, Mode::apart, Mode::no_sharing}) {
    for (const double budget : {20.0, 150.0, 1000.0}) {
      const Schedule ours = TenantPlanner(pool(), this->mode(mode)).solve({0, 2}, budget);
      const Schedule runs = Planner(two, {.mode = mode}).solve(costs, budget).schedule;
      ASSERT_EQ(ours.feasible, runs.feasible);
      ASSERT_EQ(ours.apps.size(), runs.apps.size());
      for (std::size_t i = 0; i < ours.apps.size(); ++i) EXPECT_EQ(ours.apps[i].choice, runs.apps[i].choice);
      EXPECT_DOUBLE_EQ(ours.cost, runs.cost);
    }
  }
}

TEST_F(TenantsTest, TwinsShareAllAndAreNumbered) {
  const TenantPlanner planner(pool(), mode(Mode::max_sharing));
  const TenantOutcome one = planner.replay({2}, 1000), twins = planner.replay({2, 2}, 1000);
  EXPECT_THAT(names_of({1, 2, 2}, pool()), ElementsAre("green", "red", "red 2"));
  ASSERT_EQ(twins.apps.size(), 2U);
  EXPECT_EQ(twins.apps[1].name, "red 2");
  EXPECT_EQ(twins.apps[0].f1, one.apps[0].f1);
  EXPECT_LT(twins.busy_ms_per_s, 2 * one.busy_ms_per_s);
}

TEST_F(TenantsTest, VotesAreThoseAllowed) {
  for (const int votes : {1, 3}) {
    TenantMethod method = mode(Mode::mainstream);
    method.votes = {votes};
    for (const auto& app : TenantPlanner(pool(), method).replay({0, 1, 2}, 500).apps)
      EXPECT_EQ(app.votes, votes);
  }
  TenantMethod chosen = mode(Mode::mainstream), one = chosen;
  chosen.votes = {1, 2, 3, 5, 7};
  one.votes = {1};
  const double best = TenantPlanner(pool(), chosen).solve({0, 1, 2}, 500).mean_f1;
  for (const int votes : chosen.votes) {
    one.votes = {votes};
    // Estimates of many votes are drawn towards each other, so the same row is not the same in both.
    constexpr double kDrawn = 0.05;
    EXPECT_GE(best, TenantPlanner(pool(), one).solve({0, 1, 2}, 500).mean_f1 - kDrawn) << votes;
  }
}

TEST_F(TenantsTest, TablesMeasuredOnTheSameClipPromiseWhatIsFound) {
  TenantMethod measured = mode(Mode::mainstream);
  measured.measured = true;
  const TenantPool& known = pool();  // its clip is the stream
  const TenantOutcome outcome = TenantPlanner(known, measured).replay({1}, 500);
  EXPECT_NEAR(outcome.apps[0].predicted_f1, outcome.apps[0].f1, 0.1);  // estimates are drawn together
  const TenantPool without(known.trained);
  EXPECT_ERROR(usage, TenantPlanner(without, measured), "expected scores on a labelled clip");
}

TEST_F(TenantsTest, WhatNoScheduleFitsFindsNothing) {
  const TenantOutcome outcome = TenantPlanner(pool(), mode(Mode::no_sharing)).replay({0, 1}, 0.1);
  EXPECT_FALSE(outcome.feasible);
  EXPECT_EQ(outcome.mean(&TenantOutcome::App::f1), 0);
  EXPECT_EQ(outcome.apps.size(), 2U);
  const Json json = to_json(outcome);
  EXPECT_EQ(to_json(outcome_from(JsonField(json, "outcome"))), json);
}

TEST_F(TenantsTest, ARealRunFindsWhatItsReplayDoes) {
  for (const Mode mode : {Mode::mainstream, Mode::max_sharing, Mode::no_sharing}) {
    SCOPED_TRACE(to_string(mode));
    const RealRun run = run_really(pool(), {0, 1, 2}, mode, 900, run_options());
    EXPECT_EQ(run.reason, "");
    EXPECT_NEAR(run.f1, run.same_frames_f1, 1e-9);
    if (run.put_off == 0) {
      EXPECT_NEAR(run.f1, run.replayed_f1, 1e-9);
    }
    EXPECT_GT(run.f1, 0);
    const Json json = to_json(run);
    EXPECT_EQ(to_json(real_run_from(JsonField(json, "run"))), json);
  }
}

TEST_F(TenantsTest, ASmallExperimentWithEveryMethod) {
  const ExperimentFiles files =
      run_tenants(setup("tenants"), study_->pools(), {.tenants = {1, 3, 5}, .shares = {1}, .mixes = 2},
                  {1, 3, 10}, run_options());
  const std::string report = read_file(files.markdown);
  for (const char* part :
       {"no-sharing", "best fixed", "tails only: max-sharing", "votes chosen", "measured tables",
        "Predicted and measured", "3, apart", "differs by 0.000 at most"})
    EXPECT_THAT(report, HasSubstr(part));
  EXPECT_THAT(report, testing::Not(HasSubstr("10, apart")));  // there are three apps
  EXPECT_THAT(read_file(files.csv), HasSubstr("\n5,2,1,no-sharing,"));
}

TEST_F(TenantsTest, SmallExperimentsOfBudgetAndVoting) {
  const TenantOptions options{.tenants = {1, 2}, .shares = {0.1, 1}, .mixes = 2};
  const ExperimentFiles budget = run_budget(setup("budget"), study_->pools(), options);
  EXPECT_EQ(budget.charts.size(), 2U);
  EXPECT_THAT(read_file(budget.markdown), HasSubstr("| budget, % |"));
  TenantOptions one_share = options;
  one_share.shares = {1};
  const ExperimentFiles voting = run_voting(setup("voting"), study_->pools(), one_share);
  EXPECT_THAT(read_file(voting.csv), HasSubstr("\n2,1,1,chosen,"));
}

TEST_F(TenantsTest, ASmallTimeline) {
  TimelineOptions options{.tenants = 2, .share = 3, .events = 3, .app = {}};
  const ExperimentFiles files = run_timeline(setup("timeline"), pool(), options, run_options());
  EXPECT_THAT(read_file(files.markdown), HasSubstr("no-sharing"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "timeline/mainstream.frames.csv"));
  options.app = "pink";
  EXPECT_ERROR(usage, run_timeline(setup("other"), pool(), options, run_options()),
               "--show: the mix has no app \"pink\"");
}

TEST(TimelineTest, CountsWhatWasAnalysedAndHit) {
  const std::vector<FrameRange> events{{10, 14}, {30, 31}, {50, 59}};
  const TimelineRow row{
      "run",
      {{9, "a", 1, true}, {10, "a", 0, false}, {12, "a", 1, true}, {50, "a", 0, false}, {70, "a", 0, false}}};
  const TimelineCounts counts = count_answers(events, row);
  EXPECT_EQ(counts.frames, 17);
  EXPECT_EQ(counts.analysed, 3);
  EXPECT_EQ(counts.hit, 1);
  EXPECT_EQ(counts.events_analysed, 2);
  EXPECT_EQ(counts.events_hit, 1);
  EXPECT_EQ(counts.false_frames, 1);
  const Plot plot = timeline_plot(events, {row}, 10);
  std::map<std::string, std::size_t> marks;
  for (const PlotSeries& series : plot.series) marks[series.label] = series.points.size();
  EXPECT_EQ(marks["event"], 6U);  // ends of three bars
  EXPECT_EQ(marks["hit"], 1U);
  EXPECT_EQ(marks["missed"], 2U);
  EXPECT_EQ(marks["false"], 1U);
  EXPECT_EQ(marks["negative"], 0U);  // 70 is in no window
  EXPECT_EQ(some_events(events, 2).size(), 2U);
}

TEST(SamplingTest, TheModelFollowsWhatIsMadeByIt) {
  // Events of 20 frames; each frame of an event is found with probability 0.3, independently.
  Recording recording{{}, {}, 10};
  std::mt19937 random(5);
  for (int frame = 0; frame < 60000; ++frame) {
    const bool is_true = frame % 60 < 20;
    recording.truth.push_back(is_true);
    recording.scores.push_back(is_true && random() % 10 < 3 ? 0.9F : 0.1F);
  }
  Manifest manifest;
  manifest.event = {EventModel::Origin::given, 2000, 1 / 3.0, 0, 1, 0};
  AnswerQuality quality;
  quality.tpr = 0.3;
  for (const SamplingPoint& point : sampling_points(manifest, quality, recording)) {
    EXPECT_NEAR(point.replayed, point.independent, 0.03) << point.fps;
    EXPECT_NEAR(point.model, point.independent, 0.03) << point.fps;
    EXPECT_NEAR(point.promised, point.independent, 0.01) << point.fps;
    EXPECT_LE(point.dependent, point.independent + 1e-9);
    if (point.fps >= 0.5) {
      EXPECT_NEAR(point.dependent, 0.3, 0.02) << point.fps;
    }
  }
}

TEST_F(TenantsTest, ASmallSamplingExperiment) {
  const ExperimentFiles files = run_sampling(setup("sampling"), pool());
  EXPECT_THAT(read_file(files.markdown), HasSubstr("9 candidates of 3 apps"));
  EXPECT_THAT(read_file(files.csv), HasSubstr("\nred,tail-2,10,"));
}

TEST_F(TenantsTest, ASmallThroughputExperiment) {
  const Base base = read_base(study_->base());
  EXPECT_EQ(spread_branchpoints(base, 3).back(), base.features);
  ThroughputOptions options;
  options.apps = {1, 3};
  options.streams = {1, 2};
  options.repeats = 2;
  options.duration = std::chrono::milliseconds(5);
  options.threads = 2;
  const ExperimentFiles files = run_throughput(setup("throughput"), base, options);
  EXPECT_THAT(read_file(files.csv), HasSubstr("\n2,3,no sharing,2,"));
  options.branchpoints = {"pool"};
  EXPECT_ERROR(usage, run_throughput(setup("other"), base, options), "no branchpoint \"pool\"");
}

TEST_F(TenantsTest, RegretLeavesOutAppsWithoutEventsEvenWhereNoScheduleFits) {
  const TrainedMix& trained = pool().trained;
  ClipScores scores = trained.scores;
  for (auto& [variant, parts] : scores.recordings[1]) {
    for (Recording& part : parts) std::fill(part.truth.begin(), part.truth.end(), false);
  }
  const auto points = regret_of({trained.mix, trained.costs, scores}, nullptr, {1, 1e-9});
  ASSERT_EQ(points.size(), 2U);
  for (const RegretPoint& point : points) {
    for (const auto& [method, f1] : point.f1) EXPECT_EQ(f1.size(), 2U) << method << " at " << point.share;
  }
  EXPECT_GT(points[0].promised.at(kMainstream), 0);
  EXPECT_EQ(points[1].promised.at(kMainstream), 0) << "nothing fits";
}

TEST_F(TenantsTest, ASmallSharingExperiment) {
  const SharingTask task{"tiny", "colours", [] { return std::vector{study_->package("red")}; }};
  const ExperimentFiles files = run_sharing(setup("sharing"), {task});
  EXPECT_THAT(read_file(files.markdown), HasSubstr("| tiny | "));
  EXPECT_THAT(read_file(files.csv), HasSubstr("tiny,colours,tail-5,tails,1.000000,0.900000,120\n"));
}

TEST(StatisticsTest, RanksAndIntervals) {
  EXPECT_NEAR(*rank_correlation({1, 2, 3, 4}, {10, 20, 30, 1000}), 1, 1e-12);
  EXPECT_NEAR(*rank_correlation({1, 2, 3, 4}, {4, 3, 2, 1}), -1, 1e-12);
  EXPECT_NEAR(*rank_correlation({1, 2, 2, 3}, {1, 3, 2, 4}), 0.9487, 1e-4);  // scipy.stats.spearmanr
  EXPECT_FALSE(rank_correlation({1, 1}, {1, 2}));
  EXPECT_FALSE(rank_correlation({}, {}));
  const auto [low, high] = wilson_interval(8, 10);  // statsmodels' proportion_confint(8, 10, method="wilson")
  EXPECT_NEAR(low, 0.4902, 1e-4);
  EXPECT_NEAR(high, 0.9433, 1e-4);
}

}  // namespace
}  // namespace mainstream
