// From measured candidates to the quality of an app's options.
#pragma once

#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// From the most frozen to the least, for each pair of precisions; where tpr would fall from one to the next,
// the next takes over tpr and fpr of the one before: a candidate that shares less need not be worse.
[[nodiscard]] std::vector<Problem::Candidate> corrected_curve(std::vector<Problem::Candidate> candidates);

// The measured quality at `fps` where there is any (linear between measured rates, constant above the
// highest; below the lowest, recall falls in proportion to the rate), else the model's.
[[nodiscard]] Quality candidate_quality(const EventStatistics& events, const Problem::Candidate& candidate,
                                        double fps);

}  // namespace mainstream
