// How good scores on frames (or pictures) are, and at which threshold.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace mainstream {

// The probabilities of classes.
[[nodiscard]] std::vector<float> softmax(std::span<const float> logits);

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

// The threshold with the highest tpr - fpr (Youden 1950). Scores are few and noisy, so the middle of the
// range around it in which that stays within 0.02 of the best. 0.5 when one kind of example is missing. (The
// F1 over frames would not do: where positives are frequent, answering always yes has a good one.)
[[nodiscard]] float choose_threshold(const Scored& scored);

// The area under the ROC curve: the probability that a positive example scores higher than a negative one,
// equal scores counting half. Nothing when one kind is missing.
[[nodiscard]] std::optional<double> area_under_roc(const Scored& scored);

// The share of rows whose class of highest probability is the right one.
[[nodiscard]] double top1(std::span<const float> probabilities, std::span<const int> labels, int classes);

}  // namespace mainstream
