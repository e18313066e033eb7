#include "train/exits/matrix_scaling.hpp"

#include <torch/optim/lbfgs.h>

#include <algorithm>
#include <iterator>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

MatrixScaling one_slope(double slope, std::size_t classes) {
  MatrixScaling scaling{Matrix(classes, classes), std::vector<double>(classes, 0)};
  for (std::size_t i = 0; i < classes; ++i) scaling.weights(i, i) = slope;
  return scaling;
}

torch::Tensor doubles_of(std::span<const float> scores, std::int64_t classes) {
  // libtorch has no tensors of constant memory; this one is copied at once.
  float* data = const_cast<float*>(scores.data());
  return torch::from_blob(data, {static_cast<std::int64_t>(scores.size()) / classes, classes})
      .to(torch::kDouble);
}

}  // namespace

std::vector<float> MatrixScaling::logits(std::span<const float> scores) const {
  const std::size_t classes = offset.size();
  std::vector<float> logits;
  logits.reserve(scores.size());
  for (std::size_t begin = 0; begin < scores.size(); begin += classes) {
    for (std::size_t to = 0; to < classes; ++to) {
      double logit = offset[to];
      for (std::size_t from = 0; from < classes; ++from) logit += weights(from, to) * scores[begin + from];
      logits.push_back(static_cast<float>(logit));
    }
  }
  return logits;
}

MatrixScaling fit_matrix_scaling(std::span<const float> scores, std::span<const int> labels,
                                 std::size_t classes, double slope) {
  MatrixScaling scaling = one_slope(slope, classes);
  if (classes > recipe::kMostMixedClasses) return scaling;

  const auto size = static_cast<std::int64_t>(classes);
  const torch::Tensor rows = doubles_of(scores, size);
  const torch::Tensor truth = torch::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()));
  const torch::Tensor added = torch::zeros({size, size}, torch::dtype(torch::kDouble).requires_grad(true));
  const torch::Tensor offset = torch::zeros({size}, torch::dtype(torch::kDouble).requires_grad(true));
  torch::optim::LBFGS optimiser({added, offset},
                                torch::optim::LBFGSOptions().max_iter(100).line_search_fn("strong_wolfe"));
  optimiser.step([&] {
    optimiser.zero_grad();
    const torch::Tensor logits = slope * rows + rows.mm(added) + offset;
    const torch::Tensor misses = torch::cross_entropy_loss(logits, truth, {}, at::Reduction::Sum);
    const torch::Tensor penalty = recipe::kMixingTrust * (added.square().sum() + offset.square().sum());
    // Divided by the rows, so that the optimiser's tolerances mean the same for few and for many.
    torch::Tensor loss = (misses + penalty) / rows.size(0);
    loss.backward();
    return loss;
  });
  for (std::size_t to = 0; to < classes; ++to) {
    const auto column = static_cast<std::int64_t>(to);
    scaling.offset[to] = offset[column].item<double>();
    for (std::size_t from = 0; from < classes; ++from)
      scaling.weights(from, to) += added[static_cast<std::int64_t>(from)][column].item<double>();
  }
  return scaling;
}

std::vector<MatrixScaling> scalings_without_folds(std::span<const float> scores, std::span<const int> labels,
                                                  std::size_t classes, double slope,
                                                  std::span<const HeldOut> folds) {
  std::vector<MatrixScaling> scalings;
  for (const HeldOut& fold : folds) {
    std::vector<float> others;
    std::vector<int> labels_of_others;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (std::ranges::binary_search(fold.left_out, row)) continue;
      labels_of_others.push_back(labels[row]);
      std::ranges::copy(scores.subspan(row * classes, classes), std::back_inserter(others));
    }
    scalings.push_back(fit_matrix_scaling(others, labels_of_others, classes, slope));
  }
  return scalings;
}

std::vector<float> logits_of_folds(std::span<const float> scores, std::span<const MatrixScaling> scalings,
                                   std::span<const HeldOut> folds) {
  std::vector<float> logits(scores.size());
  for (std::size_t fold = 0; fold < folds.size(); ++fold) {
    const std::size_t classes = scalings[fold].offset.size();
    for (const std::size_t row : folds[fold].scored) {
      std::ranges::copy(scalings[fold].logits(scores.subspan(row * classes, classes)),
                        logits.begin() + static_cast<std::ptrdiff_t>(row * classes));
    }
  }
  return logits;
}

}  // namespace mainstream
