// A problem in two steps: what the packages say, which stays, and what it costs, which a run corrects.
#pragma once

#include <span>
#include <vector>

#include "mainstream/planning.hpp"

namespace mainstream {

// What the model makes of tpr and fpr, as a table with errors, for each rate of the stream's grid and each of
// the votes (ascending): so pool_estimates keeps the luckiest of many candidates from being chosen, as with
// measured tables. The errors follow from the intervals; empty where there are none.
[[nodiscard]] std::vector<Problem::MeasuredQuality> modelled_table(EventStatistics events,
                                                                   std::span<const int> votes,
                                                                   const AnswerQuality& quality,
                                                                   double stream_fps);

// All but the costs and the budget; tables as the packages have them, or modelled, for pool_estimates.
[[nodiscard]] Problem describe_mix(const Mix& mix, Mode mode);

// describe_mix with pooled estimates, in this way.
[[nodiscard]] Problem estimate_mix(const Mix& mix, Mode mode);

// `problem` is describe_mix's, before or after pool_estimates.
void put_costs(const Mix& mix, const Costs& costs, Problem& problem);

// From time on the clock to core-milliseconds.
void scale_by(double threads, Costs& costs);

// The index of a stem's number type in problems and schedules.
[[nodiscard]] int index_of(const std::vector<NumberType>& types, NumberType type);

}  // namespace mainstream
