// Kernel ridge regression that learns where to look. What an app of a fixed camera asks is mostly about one
// place, and the few events of a clip happen along with much elsewhere, which a plain regression learns as
// well. So each model has two stages: a plain regression, and another one in which each cell of the picture
// counts by how much the first relied on it, to the power of a focus.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "train/exits/gram.hpp"
#include "train/exits/ridge.hpp"

namespace mainstream {

// A model's answer to x is offset + sum over cells and learned rows of duals[cell][i] * kernel(x, row i) of
// the cell.
struct FocusedModel {
  std::vector<std::vector<double>> duals;
  double offset = 0;
};

struct Regularisation {
  double strength = 0;
  double focus = 0;  // 0: all cells count the same
};

struct FocusedFit {
  Regularisation chosen;
  FocusedModel model;          // the average of the folds' models
  std::vector<double> unseen;  // by row, as in RidgeFit
};

struct FocusedRows {
  // The kernels' features are centred on all rows; their columns are the `learned` rows.
  const CellKernels& kernels;
  std::span<const std::size_t> learned;
  std::span<const std::vector<double>> targets;  // values by row
};

// For each target the fit with the strength with which the first stage errs least over the folds, and with
// the focus with which the second does. Folds score each row once. A fit does not depend on the other
// targets.
[[nodiscard]] std::vector<FocusedFit> fit_focused_ridge(const FocusedRows& rows,
                                                        std::span<const HeldOut> folds,
                                                        std::span<const double> strengths,
                                                        std::span<const double> focuses, int threads);

// By target, by fold and row: the answer of the model that saw neither the fold nor the row's own fold (see
// left_out_by).
using CrossedAnswers = std::vector<std::vector<std::vector<double>>>;

// `how` is by target; folds score each row once.
[[nodiscard]] CrossedAnswers cross_focused_ridge(const FocusedRows& rows, std::span<const HeldOut> folds,
                                                 std::span<const Regularisation> how, int threads);

// The model's answers to all rows.
[[nodiscard]] std::vector<double> answers_to_all(const CellKernels& kernels, const FocusedModel& model);

}  // namespace mainstream
