#include "schedule/isotonic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace mainstream {
namespace {

TEST(IsotonicTest, FallingNeighboursAreAveraged) {
  EXPECT_EQ(non_decreasing(std::vector<double>{}), std::vector<double>{});
  EXPECT_EQ(non_decreasing(std::vector<double>{1, 2, 4}), (std::vector<double>{1, 2, 4}));
  EXPECT_EQ(non_decreasing(std::vector<double>{1, 4, 2, 6}), (std::vector<double>{1, 3, 3, 6}));
  EXPECT_EQ(non_decreasing(std::vector<double>{6, 4, 2}), (std::vector<double>{4, 4, 4}));
}

// No small change that keeps the order comes nearer: the sums of what is left over, from the front, are the
// multipliers of the order's constraints, so none is negative and one is positive only where neighbours are
// equal.
TEST(IsotonicTest, NothingThatDoesNotFallIsNearer) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform;
  for (int round = 0; round < 1000; ++round) {
    std::vector<double> values(1 + random() % 12);
    for (double& value : values) value = uniform(random);
    const std::vector<double> fit = non_decreasing(values);
    ASSERT_TRUE(std::ranges::is_sorted(fit));
    double multiplier = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      multiplier += values[i] - fit[i];
      EXPECT_GE(multiplier, -1e-12);
      if (i + 1 < values.size() && fit[i] < fit[i + 1]) {
        EXPECT_NEAR(multiplier, 0, 1e-12);
      }
    }
    EXPECT_NEAR(multiplier, 0, 1e-12);
  }
}

}  // namespace
}  // namespace mainstream
