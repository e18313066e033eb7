#include "run/budget_estimate.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

// Half of the frames are analysed, in 120 ms per second.
constexpr EngineLoad kOverloaded{.busy_ms_per_s = 120, .asked_fps = 10, .analysed_fps = 5, .dropped = true};

TEST(BudgetEstimateTest, FallsToWhatTheMachineGaveWhileFramesWereLost) {
  BudgetEstimate budget(900);
  budget.observe(kOverloaded, 2);
  EXPECT_DOUBLE_EQ(budget.ms_per_s(), (900 + 0.95 * 120) / 2) << "one window may be disturbed";
  for (int i = 2; i < 20; ++i) budget.observe(kOverloaded, 2 * i);
  EXPECT_NEAR(budget.ms_per_s(), 0.95 * 120, 0.1);
}

TEST(BudgetEstimateTest, AMissingFrameIsALossOnlyWhereFramesWereDropped) {
  BudgetEstimate budget(900);
  EngineLoad slow_camera = kOverloaded;
  slow_camera.dropped = false;
  budget.observe(slow_camera, 2);
  EngineLoad jitter = kOverloaded;
  jitter.analysed_fps = 9.6;
  budget.observe(jitter, 4);
  EXPECT_EQ(budget.ms_per_s(), 900);
}

TEST(BudgetEstimateTest, RisesInSmallStepsAfterCalmTimesAndNotAboveTheFirst) {
  BudgetEstimate budget(100);
  budget.observe({.busy_ms_per_s = 60, .asked_fps = 10, .analysed_fps = 5, .dropped = true}, 0);
  const double fallen = budget.ms_per_s();
  const EngineLoad calm{.busy_ms_per_s = 50, .asked_fps = 10, .analysed_fps = 10, .dropped = false};
  budget.observe(calm, 29);
  EXPECT_EQ(budget.ms_per_s(), fallen);
  budget.observe(calm, 30);
  EXPECT_DOUBLE_EQ(budget.ms_per_s(), 1.05 * fallen);
  budget.observe(calm, 59);
  EXPECT_DOUBLE_EQ(budget.ms_per_s(), 1.05 * fallen) << "each step needs its own calm time";
  for (int i = 2; i < 30; ++i) budget.observe(calm, 30 * i);
  EXPECT_EQ(budget.ms_per_s(), 100);
}

TEST(BudgetEstimateTest, KeepsEnoughToNoticeARecovery) {
  BudgetEstimate budget(900);
  EngineLoad blocked = kOverloaded;
  blocked.busy_ms_per_s = 0.1;
  for (int i = 0; i < 100; ++i) budget.observe(blocked, 2 * i);
  EXPECT_NEAR(budget.ms_per_s(), 0.05 * 900, 0.01);
}

TEST(BudgetEstimateTest, LoadsOfSeveralStreamsAddUp) {
  EngineLoad all{.busy_ms_per_s = 30, .asked_fps = 4, .analysed_fps = 4, .dropped = false};
  all += kOverloaded;
  EXPECT_EQ(all.busy_ms_per_s, 150);
  EXPECT_EQ(all.asked_fps, 14);
  EXPECT_EQ(all.analysed_fps, 9);
  EXPECT_TRUE(all.dropped);
}

}  // namespace
}  // namespace mainstream
