#include "run/feedback.hpp"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "run/testing.hpp"

namespace mainstream {
namespace {

// Milliseconds as of a larger network: 26 through the whole stem, tails of 1, 11 and 25.
Costs large_network(const Mix& mix) {
  const Mix::Stem& stem = mix.stems.front();
  std::vector<double> segments(stem.base.branchpoints.size(), 0.0);
  const std::vector<double> way{2, 14, 10}, tails{25, 11, 1};
  Costs costs{.stems = {}, .own_ms = std::vector<std::map<Costs::Own, double>>(mix.apps.size())};
  for (std::size_t i = 0; i < way.size(); ++i) {
    const Branchpoint& place = stem.base.branchpoints[stem.branchpoints[i]];
    segments[stem.branchpoints[i]] = way[i];
    for (auto& app : costs.own_ms) app[{fmt::format("tail-{}", place.layers), Precision::f32}] = tails[i];
  }
  costs.stems.push_back({.scale_ms = 1, .segment_ms = {{Precision::f32, segments}}});
  return costs;
}

void scale(Costs& costs, double factor) {
  for (auto& [type, segments] : costs.stems[0].segment_ms)
    for (double& ms : segments) ms *= factor;
  for (auto& app : costs.own_ms)
    for (auto& [own, ms] : app) ms *= factor;
}

// A machine that runs plans: every part costs what `truth` says times `slowness`, frames come at the stream's
// rate, and what does not fit into `capacity` milliseconds per second is lost, all in proportion.
class Machine {
 public:
  Machine(const Mix& mix, Costs truth, double stream_fps)
      : mix_(mix),
        truth_(std::move(truth)),
        stem_ms_(truth_.stems[0].segment_ms.at(Precision::f32)),
        stream_fps_(stream_fps) {}

  void deploy(std::vector<Setting> settings, int plan) {
    settings_ = std::move(settings);
    statistics_ = {};
    statistics_.plan = plan;
    statistics_.own.resize(settings_.size());
  }

  void pass(double length) {
    if (!statistics_.first) statistics_.first = at(now_);
    now_ += length;
    statistics_.last = at(now_);
    const double wanted = cost_per_second();
    const double share = std::min(1.0, capacity / wanted);
    double stem_fps = 0;
    for (const Setting& setting : settings_) stem_fps = std::max(stem_fps, setting.fps);
    const auto frames = static_cast<std::int64_t>(std::llround(stem_fps * share * length));
    statistics_.analysed += frames;
    statistics_.taken += static_cast<std::int64_t>(std::llround(stream_fps_ * share * length));
    if (share < 1) dropped += static_cast<std::int64_t>(stream_fps_ * (1 - share) * length) + 1;
    statistics_.busy_ms += std::min(wanted, capacity) * length;
    spend(statistics_.scale, truth_.stems[0].scale_ms, frames);
    spend_on_stem(share * length);
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      spend(statistics_.own[app], own_ms(app),
            static_cast<std::int64_t>(std::llround(settings_[app].fps * share * length)));
    }
  }

  [[nodiscard]] double cost_per_second() const {
    double cost = 0, stem_fps = 0;
    std::vector<double> deepest(stem_ms_.size(), 0);
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      cost += settings_[app].fps * own_ms(app);
      stem_fps = std::max(stem_fps, settings_[app].fps);
      for (std::size_t i = 0; i <= place(app); ++i) deepest[i] = std::max(deepest[i], settings_[app].fps);
    }
    for (std::size_t i = 0; i < deepest.size(); ++i) cost += deepest[i] * stem_ms_[i];
    return (cost + stem_fps * truth_.stems[0].scale_ms) * slowness;
  }

  [[nodiscard]] const PlanStatistics& statistics() const { return statistics_; }
  [[nodiscard]] double now() const { return now_; }

  double slowness = 1, capacity = 1000;
  double noise = 0;  // relative, of each window
  std::int64_t dropped = 0;

 private:
  [[nodiscard]] double own_ms(std::size_t app) const {
    return truth_.own_ms[app].at({settings_[app].candidate, settings_[app].number_types.tail});
  }

  [[nodiscard]] std::size_t place(std::size_t app) const {
    return mix_.place(0, mix_.apps[app].manifest().candidate(settings_[app].candidate).branchpoint);
  }

  static MediaTime at(double seconds) { return MediaTime(std::llround(seconds * 1e6)); }

  void spend(Spent& spent, double ms, std::int64_t times) {
    const double factor = std::max(0.1, 1 + noise * normal_(random_));
    spent.ms += ms * slowness * factor * static_cast<double>(times);
    spent.times += times;
  }

  // On each frame the stem runs from one branchpoint in use to the next.
  void spend_on_stem(double length) {
    std::map<std::size_t, double> rates;  // by place in use
    for (std::size_t app = 0; app < settings_.size(); ++app) {
      double& rate = rates[place(app)];
      rate = std::max(rate, settings_[app].fps);
    }
    std::size_t from = 0;
    for (auto use = rates.begin(); use != rates.end(); ++use) {
      double fps = 0, ms = 0;
      for (auto deeper = use; deeper != rates.end(); ++deeper) fps = std::max(fps, deeper->second);
      for (std::size_t i = from + 1; i <= use->first; ++i) ms += stem_ms_[i];
      spend(statistics_.stem[{from, use->first}], ms, static_cast<std::int64_t>(std::llround(fps * length)));
      from = use->first;
    }
  }

  const Mix& mix_;
  const Costs truth_;
  const std::vector<double> stem_ms_;
  const double stream_fps_;
  std::vector<Setting> settings_;
  PlanStatistics statistics_;
  double now_ = 0;
  std::mt19937 random_{1};
  std::normal_distribution<double> normal_;
};

class FeedbackTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new TestMix;
    mix_ = new Mix(files_->mix(14));
  }
  static void TearDownTestSuite() {
    delete mix_;
    delete files_;
  }

  void begin(double budget, bool given) {
    plan_ = planner_.solve(costs_, budget);
    ASSERT_TRUE(plan_.schedule.feasible) << plan_.schedule.reason;
    machine_.deploy(plan_.settings, 0);
    feedback_.emplace(planner_, Feedback::Options{budget, given}, costs_, plan_, 0);
  }

  [[nodiscard]] static Costs::Own last_tail() {
    return {mix_->apps[0].manifest().candidates.front().id, Precision::f32};
  }

  struct Swap {
    double at = 0;
    std::string reason;
  };
  std::vector<Swap> pass(double seconds) {
    std::vector<Swap> swaps;
    for (double done = 0; done < seconds; done += 1) {
      machine_.pass(1);
      const auto change = feedback_->observe(machine_.statistics(), machine_.dropped);
      if (!change) continue;
      swaps.push_back({machine_.now(), change->reason});
      machine_.deploy(change->plan.settings, ++number_);
      feedback_->deployed(*change, number_);
    }
    return swaps;
  }

  static TestMix* files_;
  static Mix* mix_;
  Costs costs_ = large_network(*mix_);
  const Planner planner_{*mix_, {}};
  Machine machine_{*mix_, large_network(*mix_), 14};
  MixPlan plan_;
  std::optional<Feedback> feedback_;
  int number_ = 0;
};

TestMix* FeedbackTest::files_ = nullptr;
Mix* FeedbackTest::mix_ = nullptr;

TEST_F(FeedbackTest, LeavesAScheduleAloneThatKeepsItsPromise) {
  begin(300, true);
  machine_.noise = 0.05;
  EXPECT_THAT(pass(600), testing::IsEmpty());
  EXPECT_NEAR(feedback_->costs().own_ms[0].at(last_tail()), 1, 0.1);
}

TEST_F(FeedbackTest, CorrectsCostsThatWereMeasuredTooLow) {
  scale(costs_, 0.6);
  begin(150, true);
  ASSERT_GT(machine_.cost_per_second(), 150 * 1.2);
  machine_.noise = 0.03;
  const auto swaps = pass(120);
  EXPECT_GE(swaps.size(), 1U);
  EXPECT_LE(swaps.size(), 3U);
  EXPECT_LE(swaps.front().at, 10) << "too dear is not tolerated for long";
  EXPECT_LE(machine_.cost_per_second(), 150 * 1.06);
  EXPECT_NEAR(feedback_->costs().stems[0].segment_ms.at(Precision::f32)[mix_->stems[0].branchpoints[1]], 14,
              1.5);
}

TEST_F(FeedbackTest, TakesTheRoomThatAppears) {
  scale(costs_, 2);
  begin(300, true);
  const double before = planner_.evaluate(costs_, 300, plan_.settings).schedule.mean_f1;
  const auto swaps = pass(120);
  EXPECT_GE(swaps.size(), 1U);
  EXPECT_LE(swaps.size(), 3U);
  EXPECT_LE(machine_.cost_per_second(), 300 * 1.06);
  EXPECT_GT(feedback_->plan().schedule.mean_f1, before + 0.01);
}

TEST_F(FeedbackTest, FollowsAMachineThatSlowsDownAndRecovers) {
  begin(250, true);
  const double before = plan_.schedule.mean_f1;
  EXPECT_THAT(pass(60), testing::IsEmpty());
  machine_.slowness = 1.8;
  EXPECT_GE(pass(60).size(), 1U);
  EXPECT_LE(machine_.cost_per_second(), 250 * 1.06);
  machine_.slowness = 1;
  (void)pass(120);
  EXPECT_LE(machine_.cost_per_second(), 250 * 1.06);
  EXPECT_GT(feedback_->plan().schedule.mean_f1, before - 0.03);
}

TEST_F(FeedbackTest, DoesNotSwingWithADisturbanceThatComesAndGoes) {
  begin(250, true);
  machine_.noise = 0.05;
  std::size_t swaps = 0;
  for (int minute = 0; minute < 60; ++minute) {
    machine_.slowness = minute % 2 == 0 ? 1.0 : 1.5;
    swaps += pass(60).size();
  }
  // An hour of half-minutely changes of mind would be 120.
  EXPECT_LE(swaps, 24U);
}

TEST_F(FeedbackTest, WithoutABudgetItFindsWhatTheMachineGives) {
  begin(900, false);
  ASSERT_GT(machine_.cost_per_second(), 200);
  machine_.capacity = 120;  // somebody else works here too
  (void)pass(60);
  EXPECT_LE(feedback_->budget(), 120 * 1.12) << "what it gives, and a probe for more";
  EXPECT_LE(machine_.cost_per_second(), 126);
  machine_.capacity = 1000;
  (void)pass(1800);
  EXPECT_GT(feedback_->budget(), 700) << "freed time is found again";
  EXPECT_GT(machine_.cost_per_second(), 200);
}

TEST_F(FeedbackTest, ASlowCameraIsNoReasonToRunLess) {
  begin(900, false);
  // Half of the frames that the camera promised; nothing is dropped.
  for (int i = 0; i < 60; ++i) {
    machine_.capacity = machine_.cost_per_second() / 2;
    machine_.pass(1);
    machine_.dropped = 0;
    EXPECT_FALSE(feedback_->observe(machine_.statistics(), 0));
  }
  EXPECT_EQ(feedback_->budget(), 900);
}

TEST_F(FeedbackTest, ObservationsOfAnOlderPlanSayNothing) {
  begin(300, true);
  machine_.slowness = 3;
  machine_.pass(5);
  PlanStatistics old = machine_.statistics();
  old.plan = 7;
  EXPECT_FALSE(feedback_->observe(old, 0));
  EXPECT_EQ(feedback_->costs().stems[0].segment_ms, costs_.stems[0].segment_ms);
}

}  // namespace
}  // namespace mainstream
