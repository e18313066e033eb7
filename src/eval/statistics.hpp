// Means, their spread, and agreement.
#pragma once

#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace mainstream {

// 0 for no values.
[[nodiscard]] inline double mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the population that the values are a sample of; 0 for fewer than two.
[[nodiscard]] inline double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// Of the mean; 0 for fewer than two values.
[[nodiscard]] inline double standard_error(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

// Spearman's: the correlation of ranks, where equal values share the mean of theirs. Nothing for fewer than
// two pairs or where one side is constant. Both sides are equally long.
[[nodiscard]] std::optional<double> rank_correlation(const std::vector<double>& x,
                                                     const std::vector<double>& y);

// The 95 % interval of a probability of which `successes` of `trials` are known (Wilson, 1927). All of 0 to 1
// without trials.
[[nodiscard]] std::pair<double, double> wilson_interval(double successes, double trials);

}  // namespace mainstream
