// Ridge regression on the features themselves, for more rows than features.
#pragma once

#include <span>
#include <vector>

#include "train/exits/gram.hpp"
#include "train/exits/ridge.hpp"

namespace mainstream {

// Scaled features of several levels, concatenated. The objects that it refers to must outlive it.
struct LevelRows {
  const HalfRows& features;
  const FeatureScale& scale;
};

struct PrimalFit {
  double strength = 0, error = 0;     // as in RidgeFit
  std::vector<LinearWeights> levels;  // weights of the raw features, averaged over the folds' models
  double offset = 0;                  // added to those of the levels
  std::vector<double> unseen;         // each row's answer, by the model without its fold
};

// Same result as fit_ridge on the sum of the levels' kernels, except `unseen`.
[[nodiscard]] std::vector<PrimalFit> fit_primal_ridge(std::span<const LevelRows> levels,
                                                      std::span<const std::vector<double>> targets,
                                                      std::span<const HeldOut> folds,
                                                      std::span<const double> strengths, int threads);

// By target and fold: the model without the fold, as in models_without.
struct PrimalModel {
  std::vector<LinearWeights> levels;  // weights of the raw features
  double offset = 0;                  // added to those of the levels
};
[[nodiscard]] std::vector<std::vector<PrimalModel>> primal_fold_models(
    std::span<const LevelRows> levels, std::span<const std::vector<double>> targets,
    std::span<const HeldOut> folds, double strength, int threads);

}  // namespace mainstream
