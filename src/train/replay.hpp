// What recorded scores of a clip's frames would have given as events at any frame rate.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/package.hpp"
#include "train/assessment.hpp"

namespace mainstream {

// Scores of evenly spaced frames of a stretch of a stream.
struct Recording {
  Scored scored;          // one per frame that was scored
  std::int64_t step = 1;  // stream frames from one scored frame to the next
  double fps = 0;         // of the stream

  [[nodiscard]] double scored_fps() const { return fps / static_cast<double>(step); }
};

// Whole frame rates from 1 to what was scored, and that; for slow streams only that.
[[nodiscard]] std::vector<double> replay_rates(const Recording& recording);

// Votes and merge gap (in seconds) apart from the frame rate of a stream.
struct RuleChoice {
  int votes = 1;
  double merge_gap_s = 1;
};

// Events found when every frame due at `rate` is analysed, against the true ones: means over all phases of
// recall, precision and F1 (as score_events has them; what a phase leaves undefined counts 0 as a detection
// that was not made, and is left out where nothing was to be detected).
[[nodiscard]] MeasuredQuality replay(const Recording& recording, float threshold, const RuleChoice& rule,
                                     double rate);

// The votes and the merge gap with the best mean F1 over all rates and the given candidates' recordings, each
// with its threshold. One vote and a gap of a second unless others are clearly better.
struct Judged {
  Recording recording;
  float threshold = 0.5F;
};
[[nodiscard]] RuleChoice choose_rule(std::span<const Judged> candidates);

// The correlation of the answers on neighbouring analysed frames within events, as the scheduler's quality
// model has it: after a miss, the next frame is a miss with probability (1 - p) + p * c. Mean over the rates
// at which there are misses; between 0 and 1; nothing when there are none.
[[nodiscard]] std::optional<double> answer_correlation(const Judged& judged);

}  // namespace mainstream
