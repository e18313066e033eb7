// Kernel ridge regression with folds: strength by cross-validation, the average of the folds' models, and the
// answers of such an average on rows that none of its models has seen. Kernels are of features centred on all
// rows. Models expect the mean target of all rows, whichever they learned from (ridge.cpp tells why).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/exits/matrix.hpp"

namespace mainstream {

// Rows that are scored by a model that saw neither them nor the others in `left_out`, which holds them.
struct HeldOut {
  std::vector<std::size_t> scored, left_out;  // ascending
};

// `count` stretches of nearly equal length, with up to `guard` rows left out at each side. Throws usage where
// a fold would have less than four rows, or its model nothing to learn from.
[[nodiscard]] std::vector<HeldOut> folds_in_time(std::size_t rows, std::size_t count, std::size_t guard);

// `count` folds with shares of each class as equal as possible, drawn from `seed`; fewer folds where there
// are fewer rows. No rows are left out beside them. Rows of one occasion (by row; empty: of none) are in one
// fold. Throws usage where all rows are of one.
[[nodiscard]] std::vector<HeldOut> stratified_folds(std::span<const int> labels, int classes,
                                                    std::size_t count, std::uint64_t seed,
                                                    std::span<const std::string> occasions = {});

// By fold the rows that its model leaves out.
[[nodiscard]] std::vector<std::vector<std::size_t>> left_out_sets(std::span<const HeldOut> folds);

// Mean number of rows that the folds' models learn from.
[[nodiscard]] double learned_rows(std::size_t rows, std::span<const HeldOut> folds);

// Index of the strength with the least sum of errors over all targets; `errors` are by strength and target.
[[nodiscard]] std::size_t best_strength(const std::vector<std::vector<double>>& errors);

// The penalty that a strength is, for a kernel whose diagonal is 1 on average: strength * (rows of a fold's
// model, on average) / 100.
[[nodiscard]] double penalty_of(double strength, std::size_t rows, std::span<const HeldOut> folds);

// By target its own strength of least squared error over the folds, which score each row once.
[[nodiscard]] std::vector<double> choose_strengths(const Matrix& kernel,
                                                   std::span<const std::vector<double>> targets,
                                                   std::span<const HeldOut> folds,
                                                   std::span<const double> strengths, int threads);

struct RidgeFit {
  double strength = 0;
  double error = 0;  // mean squared, cross-validated, of the chosen strength
  // The average of the folds' models: sum over rows of dual[i] * kernel(x, row i), + offset.
  std::vector<double> dual;
  double offset = 0;
  // Each row's answer by the average of the models that left out its fold and one other: the answer of an
  // average of one model less on rows that are new to all of them.
  std::vector<double> unseen;
};

// For each of `targets` (values by row) the fit with the strength that has the least squared error over the
// folds and all targets. Folds score each row once. Throws failed where the kernel is not positive
// semi-definite.
[[nodiscard]] std::vector<RidgeFit> fit_ridge(const Matrix& kernel,
                                              std::span<const std::vector<double>> targets,
                                              std::span<const HeldOut> folds,
                                              std::span<const double> strengths, int threads);

// By target and set: the dual weights and the offset of the model that leaves the rows of the set out.
struct DualModel {
  std::vector<double> dual;
  double offset = 0;
};
[[nodiscard]] std::vector<std::vector<DualModel>> models_without(
    const Matrix& kernel, std::span<const std::vector<double>> targets,
    std::span<const std::vector<std::size_t>> sets, double penalty);

// The rows that a model leaves out when it answers on the first fold without knowing the other: both folds,
// or the first alone where leaving out both leaves too few rows to learn from.
[[nodiscard]] std::vector<std::size_t> left_out_by(const HeldOut& fold, const HeldOut& other,
                                                   std::size_t rows);

}  // namespace mainstream
