// A problem in two steps: what the packages say, which stays, and what it costs, which a run corrects.
#pragma once

#include "mainstream/planning.hpp"

namespace mainstream {

// All but the costs and the budget; tables as the packages have them, for pool_estimates.
[[nodiscard]] Problem describe_mix(const Mix& mix, Mode mode);

// `problem` is describe_mix's, before or after pool_estimates.
void put_costs(const Mix& mix, const Costs& costs, Problem& problem);

// From time on the clock to core-milliseconds.
void scale_by(double threads, Costs& costs);

// The index of a stem's number type in problems and schedules.
[[nodiscard]] int index_of(const std::vector<NumberType>& types, NumberType type);

}  // namespace mainstream
