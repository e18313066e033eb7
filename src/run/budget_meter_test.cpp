#include "run/budget_meter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "run/testing.hpp"

namespace mainstream {
namespace {

struct Charge {
  double seconds = 0, ms = 0;
};

TEST(BudgetMeterTest, WorkThatFitsIsNeverPutOff) {
  BudgetMeter meter(100);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(meter.allows(at_seconds(i * 0.1))) << i;
    meter.charge(10);
  }
}

TEST(BudgetMeterTest, WaitsUntilTheDebtIsPaid) {
  BudgetMeter meter(100);
  ASSERT_TRUE(meter.allows(at_seconds(0)));
  meter.charge(50);
  EXPECT_FALSE(meter.allows(at_seconds(0.4)));
  EXPECT_TRUE(meter.allows(at_seconds(0.5)));
}

TEST(BudgetMeterTest, RareExpensiveFramesAreAllowed) {
  BudgetMeter meter(10);
  int analysed = 0;
  for (int i = 0; i < 1000; ++i) {
    if (!meter.allows(at_seconds(i))) continue;
    meter.charge(100);  // ten seconds' budget at once
    ++analysed;
  }
  EXPECT_EQ(analysed, 100);
}

// For any costs: within any stretch of time no more is spent than the budget, its depth and one frame.
TEST(BudgetMeterTest, KeepsTheBudgetOverAnyStretch) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    const double budget = std::uniform_real_distribution(1.0, 900.0)(random);
    const double fps = std::uniform_real_distribution(1.0, 60.0)(random);
    const double mean_cost = std::uniform_real_distribution(0.1, 4.0)(random) * budget / fps;
    SCOPED_TRACE(testing::Message() << "round " << round << ", budget " << budget << ", " << fps
                                    << " fps, mean cost " << mean_cost);
    BudgetMeter meter(budget);
    std::vector<Charge> charges;
    double dearest = 0;
    for (int i = 0; i < 1500; ++i) {
      // Now and then the stream pauses.
      const double now = i / fps + (i > 700 ? 30 : 0);
      if (!meter.allows(at_seconds(now))) continue;
      const double cost = std::exponential_distribution(1 / mean_cost)(random);
      meter.charge(cost);
      charges.push_back({now, cost});
      dearest = std::max(dearest, cost);
    }
    for (std::size_t from = 0; from < charges.size(); from += 37) {
      double spent = 0;
      for (std::size_t to = from; to < charges.size(); ++to) {
        spent += charges[to].ms;
        const double stretch = charges[to].seconds - charges[from].seconds;
        ASSERT_LE(spent, budget * (stretch + BudgetMeter::kDepthSeconds) + dearest + 1e-6);
        if (from > 0) continue;
        ASSERT_LE(spent, budget * stretch + dearest + 1e-6);
      }
    }
    if (mean_cost * fps > 1.5 * budget) {
      double spent = 0;
      for (const Charge& charge : charges) spent += charge.ms;
      EXPECT_GT(spent, 0.9 * budget * 1499 / fps) << "what there is is used";
    }
  }
}

}  // namespace
}  // namespace mainstream
