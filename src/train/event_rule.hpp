// Votes and merge gap for an app, and what a candidate then finds at each frame rate.
#pragma once

#include <span>
#include <vector>

#include "event/replay.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Votes and merge gap (in seconds) apart from the frame rate of a stream.
struct RuleChoice {
  int votes = 1;
  double merge_gap_s = 1;
};

// A candidate's scores on frames that it had not seen, and its threshold.
struct Judged {
  Recording recording;
  float threshold = 0.5F;
};

// The votes and the merge gap with the best mean F1 over all rates of rate_grid and the given candidates. One
// vote and a gap of a second unless others are clearly better.
[[nodiscard]] RuleChoice choose_rule(std::span<const Judged> candidates);

// The event score with this rule at each rate of rate_grid.
[[nodiscard]] std::vector<MeasuredQuality> quality_by_rate(const Judged& candidate, const RuleChoice& rule);

}  // namespace mainstream
