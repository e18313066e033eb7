// Kernel ridge regression with folds: strength by cross-validation, the average of the folds' models, and
// what such an average answers on rows that none of its models has seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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

// `count` folds with as equal shares of each class as can be, drawn from `seed`; fewer where there are fewer
// rows. Nothing is left out beside them.
[[nodiscard]] std::vector<HeldOut> stratified_folds(std::span<const int> labels, int classes,
                                                    std::size_t count, std::uint64_t seed);

// Rows that the models of the folds learn from, on average.
[[nodiscard]] double learned_rows(std::size_t rows, std::span<const HeldOut> folds);

enum class StrengthChoice {
  each,    // every target has its own
  common,  // that of the least error over all targets
};

// Which of the strengths this target takes; `errors` are by strength and target.
[[nodiscard]] std::size_t best_strength(const std::vector<std::vector<double>>& errors, std::size_t target,
                                        StrengthChoice choice);

struct RidgeFit {
  double strength = 0;
  double error = 0;  // mean squared, cross-validated, of the chosen strength
  // The average of the folds' models: sum over rows of dual[i] * kernel(x, row i), + offset.
  std::vector<double> dual;
  double offset = 0;
  // Of each row, by the average of models that saw neither its fold nor one of the others: what an average of
  // as many models less one answers on rows that are new to all of them.
  std::vector<double> unseen;
};

// For each of `targets` (values by row) the fit with the strength of least squared error over the folds.
// Folds score each row once. The penalty is strength * (rows of a fold's model, on average) / 100, which
// suits a kernel whose diagonal is 1 on average. But for a common strength, fits do not depend on which other
// targets there are. Throws failed where the kernel is not positive semi-definite.
[[nodiscard]] std::vector<RidgeFit> fit_ridge(const Matrix& kernel,
                                              std::span<const std::vector<double>> targets,
                                              std::span<const HeldOut> folds,
                                              std::span<const double> strengths, StrengthChoice choice,
                                              int threads);

// By target and fold: the dual weights and the offset of the model without the fold.
struct DualModel {
  std::vector<double> dual;
  double offset = 0;
};
[[nodiscard]] std::vector<std::vector<DualModel>> fold_models(const Matrix& kernel,
                                                              std::span<const std::vector<double>> targets,
                                                              std::span<const HeldOut> folds,
                                                              double strength);

// What the model that answers on the first fold for the sake of the other leaves out: both folds, or the
// first alone where both together would leave too little to learn from.
[[nodiscard]] std::vector<std::size_t> left_out_by(const HeldOut& fold, const HeldOut& other,
                                                   std::size_t rows);

// By target, by fold and row: what models that saw neither the fold nor the row's own fold answer
// (left_out_by tells which).
using CrossedAnswers = std::vector<std::vector<std::vector<double>>>;

// With these strengths by target; folds score each row once.
[[nodiscard]] CrossedAnswers cross_ridge(const Matrix& kernel, std::span<const std::vector<double>> targets,
                                         std::span<const HeldOut> folds, std::span<const double> strengths,
                                         int threads);

}  // namespace mainstream
