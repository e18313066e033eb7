// Matrix scaling of a picture classifier's scores: from ridge regressions of one class against all others to
// logits that know which classes are taken for which.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "train/exits/matrix.hpp"
#include "train/exits/ridge.hpp"

namespace mainstream {

// logit[to] = offset[to] + sum over classes of weights(from, to) * score[from].
struct MatrixScaling {
  Matrix weights;  // [classes x classes]
  std::vector<double> offset;

  // Logits [rows x classes] of `scores` [rows x classes].
  [[nodiscard]] std::vector<float> logits(std::span<const float> scores) const;
};

// Multinomial logistic regression on the scores (matrix scaling: Guo et al. 2017), with a normal prior around
// one `slope` for all classes, as fit_slope finds it (Kull et al. 2019): the penalty, in units of a picture's
// loss, is recipe::kMixingTrust times the sum of squares of the offsets and of what is added to the slope.
// More than recipe::kMostMixedClasses classes have the slope alone. `scores` [rows x classes] are by models
// that did not see the rows.
[[nodiscard]] MatrixScaling fit_matrix_scaling(std::span<const float> scores, std::span<const int> labels,
                                               std::size_t classes, double slope);

// By fold: the scaling that fits the scores of the rows without it.
[[nodiscard]] std::vector<MatrixScaling> scalings_without_folds(std::span<const float> scores,
                                                                std::span<const int> labels,
                                                                std::size_t classes, double slope,
                                                                std::span<const HeldOut> folds);

// Each row's logits by the scaling without its fold: those of pictures that neither the models nor the
// scaling saw.
[[nodiscard]] std::vector<float> logits_of_folds(std::span<const float> scores,
                                                 std::span<const MatrixScaling> scalings,
                                                 std::span<const HeldOut> folds);

}  // namespace mainstream
