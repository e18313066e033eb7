#include "run/feedback.hpp"

#include <random>
#include <set>

#include "run/feedback_testing.hpp"
#include "run/spared_decoding.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

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
    return {mix_->apps[0].manifest().candidates.front().id, NumberType::f32};
  }

  struct Swap {
    double at = 0;
    std::string reason;
  };
  std::vector<Swap> pass(int seconds) {
    std::vector<Swap> swaps;
    for (int done = 0; done < seconds; ++done) {
      machine_.pass(1);
      const auto change = feedback_->observe(0, machine_.statistics(), machine_.dropped, machine_.now());
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
  EXPECT_NEAR(feedback_->costs().stems[0].segment_ms.at(NumberType::f32)[mix_->stems[0].branchpoints[1]], 14,
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
    EXPECT_FALSE(feedback_->observe(0, machine_.statistics(), 0, machine_.now()));
  }
  EXPECT_EQ(feedback_->budget(), 900);
}

// A minute without frames, behind which one of them is replaced.
TEST_F(FeedbackTest, AnOutageOfACameraIsNoReasonToRunLess) {
  begin(900, false);
  std::vector<std::string> ids;
  std::vector<double> rates;
  for (std::size_t app = 0; app < mix_->apps.size(); ++app) {
    ids.push_back(mix_->apps[app].name());
    rates.push_back(plan_.settings[app].fps);
  }
  const double fps = *std::ranges::max_element(rates);
  Statistics statistics;
  statistics.begin_plan(0, ids);
  std::int64_t dropped = 0;
  const auto play = [&](double from, std::int64_t replaced) {
    for (int i = 0; i < 10 * fps; ++i) {
      const double now = from + i / fps;
      if (i == 0) dropped += replaced;
      statistics.count_taken(at_seconds(now), i == 0 ? replaced : 0, rates);
      FrameTimes times;
      times.busy_ms = 30;
      statistics.count_analysed(times, 1, 0);
      (void)feedback_->observe(0, statistics.present, dropped, now);
    }
  };
  play(0, 0);
  play(70, 1);
  EXPECT_EQ(feedback_->budget(), 900);
}

TEST_F(FeedbackTest, ObservationsOfAnOlderPlanSayNothing) {
  begin(300, true);
  machine_.slowness = 3;
  machine_.pass(5);
  PlanStatistics old = machine_.statistics();
  old.plan = 7;
  EXPECT_FALSE(feedback_->observe(0, old, 0, machine_.now()));
  EXPECT_EQ(feedback_->costs().stems[0].segment_ms, costs_.stems[0].segment_ms);
}

// A camera that leaves frames out where few are needed. A lower rate makes its decoding cheaper, which frees
// budget for a higher rate, which needs all frames again: plan and camera settle all the same.
TEST_F(FeedbackTest, DecodingFollowsThePlanAndDoesNotSwing) {
  const std::string stream = mix_->stems[0].stream;
  std::set<bool> ends;
  for (const double budget : {180.0, 220.0, 250.0, 300.0, 350.0, 400.0, 500.0, 600.0}) {
    SCOPED_TRACE(budget);
    const int kept_fps = 3;
    const double all_ms = 10, kept_ms = 13;  // frames that others need have more in them
    SparedDecoding spared;
    spared.set_stream(14, 1, 768 * 576);  // at first nobody knows that frames can be left out
    std::mt19937 random(3);
    std::normal_distribution<double> noise(1, 0.2);
    CameraNeed need;
    MediaTime time{};
    const auto decode_a_second = [&] {
      const int frames = spared.leaves_out() ? kept_fps : 14;
      for (int i = 0; i < frames; ++i)
        spared.decoded((spared.leaves_out() ? kept_ms : all_ms) * noise(random),
                       time += std::chrono::microseconds(1'000'000 / frames));
    };
    decode_a_second();
    costs_ = large_network(*mix_);
    costs_.decoding[stream] = spared.ways(need, false);
    begin(budget, true);
    machine_.noise = 0.2;
    std::size_t plans = 0, switches = 0;
    for (int second = 0; second < 3600; ++second) {
      if (second == 10) spared.set_stream(14, kept_fps / 14.0, 768 * 576);
      double fps = 0;
      for (const Setting& setting : feedback_->plan().settings) fps = std::max(fps, setting.fps);
      need.fps = fps;
      const bool leave_out = spared.may_leave_out(need);
      if (leave_out != spared.leaves_out()) {
        ++switches;
        spared.begin(leave_out, false);
      }
      decode_a_second();
      feedback_->set_decoding({{stream, spared.ways(need, false)}});
      plans += pass(1).size();
    }
    EXPECT_LE(plans, 3U);
    EXPECT_LE(switches, 3U);
    const double decoding = spared.leaves_out() ? kept_ms * kept_fps : all_ms * 14;
    EXPECT_NEAR(planner_.decoding(feedback_->costs(), feedback_->plan().settings), decoding, 0.1 * decoding)
        << "what is planned is what is done";
    EXPECT_LE(machine_.cost_per_second() + decoding, budget * 1.06);
    Costs truth = large_network(*mix_);
    truth.decoding[stream] = {{kept_fps / 1.25, kept_ms * kept_fps}, {.ms_per_s = all_ms * 14}};
    EXPECT_GT(feedback_->plan().schedule.mean_f1, 0.97 * planner_.solve(truth, budget).schedule.mean_f1);
    ends.insert(spared.leaves_out());
  }
  EXPECT_EQ(ends.size(), 2U) << "little budget spares frames, much does not";
}

// Two cameras on one machine, which gives each half of what it needs.
TEST_F(FeedbackTest, ABudgetIsEstimatedFromAllStreamsTogether) {
  Mix mix = files_->mix(14);
  mix.stems.push_back(mix.stems[0]);
  mix.stems[1].stream = "yard";
  for (const auto& package : files_->packages()) mix.add_app(MPackage::open(package), 1);
  Costs costs = costs_;
  costs.stems.push_back(costs.stems[0]);
  costs.own_ms.insert(costs.own_ms.end(), costs_.own_ms.begin(), costs_.own_ms.end());
  const Planner planner(mix, {});
  const MixPlan plan = planner.solve(costs, 500);
  ASSERT_TRUE(plan.schedule.feasible) << plan.schedule.reason;
  Feedback feedback(planner, {500, false}, costs, plan, 0);
  std::vector<Machine> machines(2, Machine(*mix_, costs_, 14));
  const auto half = std::ssize(plan.settings) / 2;
  machines[0].deploy({plan.settings.begin(), plan.settings.begin() + half}, 0);
  machines[1].deploy({plan.settings.begin() + half, plan.settings.end()}, 0);
  double capacity = 0;
  for (Machine& machine : machines) capacity += machine.capacity = machine.cost_per_second() / 2;
  for (int i = 0; i < 30; ++i) {
    for (std::size_t stem = 0; stem < 2; ++stem) {
      machines[stem].pass(1);
      (void)feedback.observe(stem, machines[stem].statistics(), machines[stem].dropped, machines[stem].now());
    }
  }
  EXPECT_NEAR(feedback.budget(), 0.95 * capacity, 0.02 * capacity);
}

// Three streams of the same apps, one budget.
class SiteTest : public FeedbackTest {
 protected:
  static constexpr std::size_t kStreams = 3;

  SiteTest() {
    for (std::size_t s = 1; s < kStreams; ++s) {
      all_.stems.push_back(all_.stems[0]);
      all_.stems[s].stream = "stream" + std::to_string(s);
      for (const Mix::App& app : mix_->apps) all_.add_app(app.package, s);
      truth_.stems.push_back(truth_.stems[0]);
      truth_.own_ms.insert(truth_.own_ms.end(), costs_.own_ms.begin(), costs_.own_ms.end());
    }
    planner_of_all_.emplace(all_, Planner::Options{});
  }

  void begin(double budget, bool given) {
    budget_ = budget;
    number_ = 0;
    known_.reset();
    const MixPlan plan = planner_of_all_->solve(truth_, budget);
    ASSERT_TRUE(plan.schedule.feasible) << plan.schedule.reason;
    site_.deploy(plan.settings, 0);
    feedback_.emplace(*planner_of_all_, Feedback::Options{budget, given}, truth_, plan, 0);
  }

  // The times of new plans, and the F1 that was reached on average.
  struct Passed {
    std::vector<double> swaps;
    double reached_f1 = 0;
  };
  Passed pass(int seconds) {
    Passed passed;
    for (int done = 0; done < seconds; ++done) {
      passed.reached_f1 += reached_f1() / seconds;
      site_.pass(1);
      for (std::size_t s = 0; s < kStreams; ++s) {
        const Machine& stream = s == 0 && dead_ ? *dead_ : site_.stream(s);
        const auto change = feedback_->observe(s, stream.statistics(), stream.dropped, site_.now());
        if (!change) continue;
        passed.swaps.push_back(site_.now());
        site_.deploy(change->plan.settings, ++number_);
        feedback_->deployed(*change, number_);
      }
    }
    return passed;
  }

  [[nodiscard]] Costs costs_now() const {
    Costs costs = truth_;
    for (Costs::Stem& stem : costs.stems) {
      stem.scale_ms *= site_.slowness;
      for (auto& [type, segments] : stem.segment_ms)
        for (double& ms : segments) ms *= site_.slowness;
    }
    for (auto& app : costs.own_ms)
      for (auto& [own, ms] : app) ms *= site_.slowness;
    return costs;
  }
  // What one would get who knows all costs and what the machine gives.
  [[nodiscard]] double clairvoyant_f1() const {
    return planner_of_all_->solve(costs_now(), std::min(budget_, site_.capacity)).schedule.mean_f1;
  }
  // Where more is asked than there is, all rates sink in proportion.
  [[nodiscard]] double reached_f1() {
    std::vector<Setting> settings = feedback_->plan().settings;
    const double share = std::min(1.0, site_.capacity / site_.cost_per_second());
    const std::pair key(share, number_);
    if (known_ && known_->first == key) return known_->second;
    for (Setting& setting : settings) setting.fps *= share;
    known_.emplace(key, planner_of_all_->evaluate(truth_, budget_, settings).schedule.mean_f1);
    return known_->second;
  }

  Mix all_ = files_->mix(14);
  Costs truth_ = large_network(*mix_);
  std::optional<Planner> planner_of_all_;
  Site site_{*mix_, large_network(*mix_), 14, kStreams};
  std::optional<Machine> dead_;  // the first stream as it was when its camera died
  double budget_ = 0;
  std::optional<std::pair<std::pair<double, int>, double>> known_;
};

// A round is a new plan.
TEST_F(SiteTest, ConvergesWithinFiveRoundsAfterTheMachineBecomesTwiceAsSlowOrFast) {
  for (const double slowness : {2.0, 0.5}) {
    site_.slowness = 1;
    begin(300, true);
    EXPECT_THAT(pass(60).swaps, testing::IsEmpty());
    site_.slowness = slowness;
    const Passed after = pass(180);
    EXPECT_GE(after.swaps.size(), 1U) << slowness;
    EXPECT_LE(after.swaps.size(), 5U) << slowness;
    EXPECT_LE(site_.cost_per_second(), 300 * 1.06) << slowness;
    EXPECT_GT(reached_f1(), 0.98 * clairvoyant_f1()) << slowness;
    EXPECT_THAT(pass(600).swaps, testing::IsEmpty()) << "and stays";
  }
}

TEST_F(SiteTest, DoesNotSwingUnderNoiseOverTenThousandRounds) {
  begin(600, true);
  site_.noise = 0.2;
  const Passed passed = pass(20'000);  // of two seconds each
  EXPECT_LE(passed.swaps.size(), 3U);
  EXPECT_GT(passed.reached_f1, 0.98 * clairvoyant_f1());
}

TEST_F(SiteTest, ACameraThatDiesInAnOverloadIsForgotten) {
  begin(1500, false);
  site_.capacity = 0.2 * site_.cost_per_second();
  (void)pass(3);
  dead_.emplace(site_.stream(0));
  site_.capacity = 2000;
  (void)pass(12);
  const double fallen = feedback_->budget();
  EXPECT_LT(fallen, 1200);
  (void)pass(100);
  EXPECT_GT(feedback_->budget(), 1.1 * fallen) << "nobody else loses frames";
}

// An hour in which the machine becomes slower and faster by up to two, and gives more or less of itself.
TEST_F(SiteTest, ReachesNearlyWhatAClairvoyantSchedulerWould) {
  begin(1500, false);
  site_.noise = 0.05;
  double reached = 0, possible = 0;
  const std::vector<std::pair<double, double>> phases{{1, 2000}, {2, 2000},   {1, 2000}, {1, 500},
                                                      {1, 2000}, {1.5, 1000}, {1, 1000}, {0.7, 2000}};
  for (const auto& [slowness, capacity] : phases) {
    site_.slowness = slowness;
    site_.capacity = capacity;
    reached += pass(450).reached_f1;
    possible += clairvoyant_f1();
  }
  EXPECT_GT(reached, 0.98 * possible) << reached / 8 << " of " << possible / 8;
}

}  // namespace
}  // namespace mainstream
