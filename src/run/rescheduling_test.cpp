#include "run/rescheduling.hpp"

#include "run/feedback_testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

constexpr double kBudget = 150, kStep = 2;

class ReschedulingTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = new TestMix; }
  static void TearDownTestSuite() { delete files_; }

  // Everything costs so many times what it did when the first plan was made.
  [[nodiscard]] Costs costs(double factor) const {
    Costs scaled = large_network(mix_);
    scale(scaled, factor);
    return scaled;
  }

  // Observes such costs for some seconds; the time of the first change, if any, which is deployed.
  std::optional<double> pass(double length_s, double factor) {
    for (const double end = now_ + length_s; now_ < end;) {
      now_ += kStep;
      const auto change = policy_.consider(costs(factor), kBudget, now_, kStep);
      if (!change) continue;
      reason_ = change->reason;
      policy_.deployed(change->plan);
      return now_;
    }
    return std::nullopt;
  }

  [[nodiscard]] double cost(double factor) const {
    return planner_.evaluate(costs(factor), kBudget, policy_.plan().settings).schedule.cost;
  }
  [[nodiscard]] double f1() const { return policy_.plan().schedule.mean_f1; }

  static TestMix* files_;
  const Mix mix_ = files_->mix(14);
  const Planner planner_{mix_, {}};
  ReschedulingPolicy policy_{planner_, planner_.solve(large_network(mix_), kBudget), kBudget};
  double now_ = 0;
  std::string reason_;
};

TestMix* ReschedulingTest::files_ = nullptr;

TEST_F(ReschedulingTest, KeepsAPlanThatFits) {
  EXPECT_FALSE(pass(600, 1));
  EXPECT_FALSE(pass(600, 1.04)) << "a little more than the budget is tolerated";
}

TEST_F(ReschedulingTest, APlanThatIsTooExpensiveIsReplacedAfterAWhile) {
  EXPECT_FALSE(pass(60, 1));
  EXPECT_EQ(pass(60, 1.5), 64) << "four seconds of too much";
  EXPECT_LE(cost(1.5), kBudget + 1e-6);
  EXPECT_THAT(reason_, testing::EndsWith("ms/s, budget is 150.0"));
}

TEST_F(ReschedulingTest, AShortDisturbanceIsNoReason) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(pass(2, 1.5));
    EXPECT_FALSE(pass(4, 1));
  }
}

TEST_F(ReschedulingTest, RoomIsUsedAfterAWait) {
  const double before = f1();
  const auto changed = pass(60, 0.5);
  ASSERT_TRUE(changed);
  EXPECT_GE(*changed, 15 + kStep) << "the first observation begins the wait";
  EXPECT_LE(*changed, 15 + 2 * kStep);
  EXPECT_GT(f1(), before + 0.01);
  EXPECT_LE(cost(0.5), 0.95 * kBudget + 1e-6);
}

TEST_F(ReschedulingTest, ARaiseThatWasTakenBackDoublesTheWait) {
  ASSERT_TRUE(pass(60, 0.5));
  const auto lowered = pass(10, 1);
  ASSERT_TRUE(lowered);
  const auto raised = pass(100, 0.5);
  ASSERT_TRUE(raised);
  EXPECT_GE(*raised - *lowered, 30);
  EXPECT_LE(*raised - *lowered, 30 + 2 * kStep);
}

TEST_F(ReschedulingTest, ARaiseThatHeldForLongIsNoMistake) {
  ASSERT_TRUE(pass(60, 0.5));
  ASSERT_FALSE(pass(60, 0.5));
  const auto lowered = pass(10, 1);
  ASSERT_TRUE(lowered);
  const auto raised = pass(100, 0.5);
  ASSERT_TRUE(raised);
  EXPECT_LE(*raised - *lowered, 15 + 2 * kStep);
}

TEST_F(ReschedulingTest, StaysWhereNothingCostsLess) {
  ASSERT_TRUE(pass(60, 1000));
  EXPECT_GT(cost(1000), kBudget) << "the cheapest plan, which is too expensive";
  const std::vector<Setting> cheapest = policy_.plan().settings;
  EXPECT_FALSE(pass(60, 1000));
  EXPECT_EQ(policy_.plan().settings, cheapest);
}

// At no time there is much more room than when it was looked for last.
TEST_F(ReschedulingTest, RoomThatAppearsLittleByLittleIsUsedInTheEnd) {
  for (int step = 0; step < 100; ++step) (void)pass(4, 1 - 0.005 * step);
  (void)pass(300, 0.5);
  const Schedule best = planner_.solve(costs(0.5), 0.95 * kBudget).schedule;
  const Schedule present = planner_.evaluate(costs(0.5), kBudget, policy_.plan().settings).schedule;
  EXPECT_GT(present.mean_f1, best.mean_f1 - 0.01 - 1e-9);
}

}  // namespace
}  // namespace mainstream
