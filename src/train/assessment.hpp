// How good scores on frames (or pictures) are, and at which threshold.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace mainstream {

// Scores between 0 and 1 of examples, and whether each really is positive.
struct Scored {
  std::vector<float> scores;
  std::vector<bool> truth;
};

struct ErrorRates {
  double tpr = 0, fpr = 0;  // of the positive, of the negative examples; 0 when there are none
};

// Positive are scores at or above the threshold.
[[nodiscard]] ErrorRates error_rates(const Scored& scored, float threshold);

// The threshold with the best F1 over the examples: 2 TP / (2 TP + FP + FN). Scores are few and noisy, so the
// middle of the range around it in which F1 stays within 2 % of the best. 0.5 when no example is positive.
[[nodiscard]] float choose_threshold(const Scored& scored);

// The area under the ROC curve: the probability that a positive example scores higher than a negative one,
// equal scores counting half. Nothing when one kind is missing.
[[nodiscard]] std::optional<double> area_under_roc(const Scored& scored);

// The share of rows whose class of highest probability is the right one.
[[nodiscard]] double top1(std::span<const float> probabilities, std::span<const int> labels, int classes);

}  // namespace mainstream
