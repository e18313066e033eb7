// Kernels between the features of rows, and linear weights from weights of rows.
#pragma once

#include <span>
#include <vector>

#include "train/data/half_rows.hpp"
#include "train/exits/cell_layout.hpp"
#include "train/exits/matrix.hpp"

namespace mainstream {

// Standardisation of one level's features: (x - mean) * scale.
struct FeatureScale {
  std::vector<float> mean;
  double scale = 1;
};

// Subtracts each feature's mean and applies one common scale, so that the squares of a row add up to 1 on
// average. If all rows are equal, they become 0.
[[nodiscard]] FeatureScale scale_of(const HalfRows& features, int threads);

// Adds the inner products of all pairs of rows, in scaled features, to `kernel` [rows, rows].
void add_kernel(const HalfRows& features, const FeatureScale& scale, int threads, Matrix& kernel);

// Inner products of all rows with some of them, the learned ones, in scaled features: for each cell those of
// the features in it.
struct CellKernels {
  std::size_t learned = 0;                // columns
  std::vector<std::vector<float>> cells;  // [rows, learned], row-major; all 0 where a cell has no features
  std::vector<double> shares;             // by cell its share of all features

  void add(const CellKernels& other);  // of another level: shares are added, too
};

// `features` are arranged as the layout says. `learned` are rows, ascending.
[[nodiscard]] CellKernels cell_kernels(const HalfRows& features, const FeatureScale& scale,
                                       const CellLayout& layout, std::span<const std::size_t> learned,
                                       int threads);

// A linear function of raw features.
struct LinearWeights {
  std::vector<float> weights;
  double offset = 0;
};

// For each of `duals` (weights by row) the sum over rows of dual[i] * kernel(x, row i), as a function of the
// raw features x. Each result is independent of the other duals.
[[nodiscard]] std::vector<LinearWeights> linear_weights(const HalfRows& features, const FeatureScale& scale,
                                                        std::span<const std::vector<double>> duals,
                                                        int threads);

// The same with other weights of the rows in each cell: duals[i][cell] are weights of the learned rows, for
// the kernels that cell_kernels() makes. The function is one of arranged features.
[[nodiscard]] std::vector<LinearWeights> linear_weights_by_cell(
    const HalfRows& features, const FeatureScale& scale, const CellLayout& layout,
    std::span<const std::size_t> learned, std::span<const std::vector<std::vector<double>>> duals,
    int threads);

}  // namespace mainstream
