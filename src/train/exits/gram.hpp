// Kernels between the features of rows, and linear weights from weights of rows.
#pragma once

#include <span>
#include <vector>

#include "train/data/half_rows.hpp"
#include "train/exits/matrix.hpp"

namespace mainstream {

// How one level's features are brought to a common scale: (x - mean) * scale.
struct FeatureScale {
  std::vector<float> mean;
  double scale = 1;
};

// Less their means, and all on one scale: the squares of a row add up to 1 on average. Rows that are all
// alike become 0.
[[nodiscard]] FeatureScale scale_of(const HalfRows& features, int threads);

// Adds the products of the scaled features of each two rows to `kernel`, [rows, rows].
void add_kernel(const HalfRows& features, const FeatureScale& scale, int threads, Matrix& kernel);

// A linear function of raw features.
struct LinearWeights {
  std::vector<float> weights;
  double offset = 0;
};

// For each of `duals` (weights by row) the sum over rows of dual[i] * kernel(x, row i), as a function of the
// raw features x. None depends on which others there are.
[[nodiscard]] std::vector<LinearWeights> linear_weights(const HalfRows& features, const FeatureScale& scale,
                                                        std::span<const std::vector<double>> duals,
                                                        int threads);

}  // namespace mainstream
