// Fits the sigmoid that turns scores into probabilities.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// probability = 1 / (1 + exp(-log_odds)), log_odds = slope * score + offset.
struct Sigmoid {
  double slope = 1, offset = 0;
  [[nodiscard]] double log_odds(double score) const { return slope * score + offset; }
};

[[nodiscard]] double probability_of(double log_odds);
// Its inverse; 0 and 1 count as a millionth away from them.
[[nodiscard]] double log_odds_of(double probability);

// Logistic regression (Platt 1999) of frames in time on one score, with a normal prior around `expected`:
// penalties of so many frames' weight, for a slope off by its own size and for an offset of 1. Neighbouring
// frames are nearly equal, so all frames together weigh as `effective_frames`. The slope stays positive.
struct SigmoidPrior {
  Sigmoid expected;
  double slope_trust = 0, offset_trust = 0;
};
[[nodiscard]] Sigmoid fit_sigmoid(std::span<const double> scores, const std::vector<bool>& truth,
                                  double effective_frames, const SigmoidPrior& prior);

// The fit for a clip: a run of frames of one kind weighs as recipe::kFramesPerRun frames, and the recipe has
// the weight of `expected`.
[[nodiscard]] Sigmoid fit_sigmoid_in_time(std::span<const double> scores, const std::vector<bool>& truth,
                                          const Sigmoid& expected);

}  // namespace mainstream
