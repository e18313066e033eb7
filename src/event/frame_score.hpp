// How well scores tell positive frames (or pictures) from others, and at which threshold.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mainstream/score_bins.hpp"

namespace mainstream {

// Everywhere one score and one truth for each frame (throws usage). A score at or above the threshold makes a
// frame positive; a NaN is below every threshold.

struct ErrorRates {
  double tpr = 0, fpr = 0;  // of the truly positive, of the other frames; 0 when there are none
};

[[nodiscard]] ErrorRates error_rates(std::span<const float> scores, const std::vector<bool>& truth,
                                     float threshold);

// The area under the ROC curve: the probability that a positive frame scores higher than another one, equal
// scores counting half. Nothing when one kind is missing.
[[nodiscard]] std::optional<double> area_under_roc(std::span<const float> scores,
                                                   const std::vector<bool>& truth);

// The Brier skill score of scores that were counted, each taken as the middle of its bin: 1 - (mean squared
// error of the scores) / (that of the share of positive frames as every frame's score). 1: perfect; 0: no
// better than the share. Nothing when one kind is missing.
[[nodiscard]] std::optional<double> brier_skill(const ScoreCounts& positive, const ScoreCounts& negative);

}  // namespace mainstream
