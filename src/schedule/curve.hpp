// From measured candidates to the quality of an app's options.
#pragma once

#include <optional>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// In the same order. Among the tails of each pair of precisions, from the most frozen to the least: where tpr
// would fall, a tail takes over tpr and fpr of a more frozen one, since one that shares less need not be
// worse. Exits are best somewhere in the middle, and stay as they are.
[[nodiscard]] std::vector<Problem::Candidate> corrected_curve(std::vector<Problem::Candidate> candidates);

struct VotedQuality {
  Quality quality;
  int votes = 1;
  double f1_error = 0;  // 0 where it is not known
};

// The measured quality at `fps` where there is any (linear between measured rates, with the votes of the
// lower one; constant above the highest; below the lowest, recall falls in proportion to the rate), else the
// model's.
[[nodiscard]] VotedQuality candidate_quality(const EventStatistics& events,
                                             const Problem::Candidate& candidate, double fps);

// The same when detections are made by that many votes. Nothing where only others were measured.
[[nodiscard]] std::optional<Quality> quality_with_votes(const EventStatistics& events,
                                                        const Problem::Candidate& candidate, double fps,
                                                        int votes);

}  // namespace mainstream
