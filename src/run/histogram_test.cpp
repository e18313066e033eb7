#include "run/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mainstream {
namespace {

TEST(HistogramTest, QuantilesAgreeWithSortedValues) {
  std::mt19937 random(1);
  std::lognormal_distribution<double> times(1.5, 1.2);
  Histogram histogram;
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(times(random));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.0, 0.1, 0.5, 0.95, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * 5000))) - 1;
    EXPECT_NEAR(histogram.quantile(share) / values[rank], 1, 0.011) << share;
  }
  EXPECT_EQ(histogram.count(), 5000U);
  for (const double ms : {0.1, 1.0, 5.0, 50.0, 1e6}) {
    const auto exact = std::ranges::count_if(values, [&](double value) { return value <= ms; });
    EXPECT_NEAR(static_cast<double>(histogram.count_up_to(ms)), static_cast<double>(exact), 50) << ms;
  }
}

TEST(HistogramTest, HoldsWhatIsOutOfRange) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  histogram.add(0);
  EXPECT_NEAR(histogram.quantile(0.5), 1e-3, 1e-4);
  histogram.add(1e9);
  EXPECT_GT(histogram.quantile(1), 1e5);
  EXPECT_DOUBLE_EQ(histogram.total(), 1e9);
}

}  // namespace
}  // namespace mainstream
