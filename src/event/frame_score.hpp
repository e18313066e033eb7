// How well scores tell positive frames (or pictures) from others, and at which threshold.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace mainstream {

// Everywhere one score and one truth for each frame (throws usage). A score at or above the threshold makes a
// frame positive; a NaN is below every threshold.

struct ErrorRates {
  double tpr = 0, fpr = 0;  // of the truly positive, of the other frames; 0 when there are none
};

[[nodiscard]] ErrorRates error_rates(std::span<const float> scores, const std::vector<bool>& truth,
                                     float threshold);

// The threshold with the highest tpr - fpr (Youden 1950). Scores are few and noisy, so the middle of the
// range around it in which that stays within 0.02 of the best. 0.5 when one kind of frame is missing. (The
// F1 over frames would not do: where positives are frequent, answering always yes has a good one.)
[[nodiscard]] float choose_threshold(std::span<const float> scores, const std::vector<bool>& truth);

// The area under the ROC curve: the probability that a positive frame scores higher than another one, equal
// scores counting half. Nothing when one kind is missing.
[[nodiscard]] std::optional<double> area_under_roc(std::span<const float> scores,
                                                   const std::vector<bool>& truth);

}  // namespace mainstream
