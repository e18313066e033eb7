// The reference of tests: plain ridge regression by normal equations with an unpenalised mean, solved by
// Gaussian elimination.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace mainstream {

using Rows = std::vector<std::vector<double>>;

inline std::vector<double> eliminate(Rows left, std::vector<double> right) {
  const std::size_t size = right.size();
  for (std::size_t i = 0; i < size; ++i) {
    std::size_t pivot = i;
    for (std::size_t row = i; row < size; ++row) {
      if (std::abs(left[row][i]) > std::abs(left[pivot][i])) pivot = row;
    }
    std::swap(left[i], left[pivot]);
    std::swap(right[i], right[pivot]);
    for (std::size_t row = i + 1; row < size; ++row) {
      const double by = left[row][i] / left[i][i];
      for (std::size_t column = i; column < size; ++column) left[row][column] -= by * left[i][column];
      right[row] -= by * right[i];
    }
  }
  for (std::size_t i = size; i-- > 0;) {
    for (std::size_t column = i + 1; column < size; ++column) right[i] -= left[i][column] * right[column];
    right[i] /= left[i][i];
  }
  return right;
}

struct PlainModel {
  std::vector<double> weights;
  double offset = 0;
  [[nodiscard]] double operator()(const std::vector<double>& x) const {
    return std::inner_product(x.begin(), x.end(), weights.begin(), offset);
  }
};

inline double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Minimises |X w + offset - y|^2 + penalty |w|^2 over the rows kept, then moves the offset from the mean of
// the targets kept to that of all.
inline PlainModel plain_ridge(const Rows& x, const std::vector<double>& y,
                              const std::vector<std::size_t>& kept, double penalty) {
  const std::size_t size = x.front().size();
  const auto count = static_cast<double>(kept.size());
  Rows left(size + 1, std::vector<double>(size + 1, 0));
  std::vector<double> right(size + 1, 0);
  for (std::size_t i = 0; i < size; ++i) left[i][i] = penalty;
  double kept_mean = 0;
  for (const std::size_t row : kept) {
    std::vector<double> with_one = x[row];
    with_one.push_back(1);
    for (std::size_t i = 0; i <= size; ++i) {
      right[i] += with_one[i] * y[row];
      for (std::size_t k = 0; k <= size; ++k) left[i][k] += with_one[i] * with_one[k];
    }
    kept_mean += y[row] / count;
  }
  PlainModel model;
  model.weights = eliminate(left, right);
  model.offset = model.weights.back() + mean_of(y) - kept_mean;
  model.weights.pop_back();
  return model;
}

inline std::vector<std::size_t> rows_without(std::size_t rows,
                                             const std::vector<std::vector<std::size_t>>& without) {
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < rows; ++row) {
    const bool out = std::ranges::any_of(
        without, [&](const auto& set) { return std::ranges::find(set, row) != set.end(); });
    if (!out) kept.push_back(row);
  }
  return kept;
}

}  // namespace mainstream
