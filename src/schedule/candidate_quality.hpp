// The quality of a candidate at a frame rate, measured or modelled: docs/scheduling.md, "Quality".
#pragma once

#include <optional>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// The candidates in the same order, with corrected tails: where tpr falls from a more frozen tail to a less
// frozen one of the same number types, the less frozen one takes over tpr and fpr, since training more of the
// network need not make it worse. Exits are best somewhere in the middle, so they stay as they are.
[[nodiscard]] std::vector<Problem::Candidate> corrected_candidates(
    std::vector<Problem::Candidate> candidates);

struct VotedQuality {
  Quality quality;
  int votes = 1;
  double f1_error = 0;  // standard error; 0: unknown
};

// The measured quality at `fps` where the candidate has any: linear between measured rates, with the votes of
// the lower one; constant above the highest; below the lowest, recall falls in proportion to the rate.
// Otherwise the model's.
[[nodiscard]] VotedQuality candidate_quality(const EventStatistics& events,
                                             const Problem::Candidate& candidate, double fps);

// The same with a given number of votes. Nothing where the candidate was measured with other votes only.
[[nodiscard]] std::optional<Quality> quality_with_votes(const EventStatistics& events,
                                                        const Problem::Candidate& candidate, double fps,
                                                        int votes);

}  // namespace mainstream
