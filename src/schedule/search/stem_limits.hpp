// What one stem may cost: the frames of a stem are analysed one after the other, so it cannot use more than
// one worker.
#pragma once

#include <functional>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// By stem, the cost per second of a schedule of the problem.
[[nodiscard]] std::vector<double> stem_loads(const Problem& problem, const Schedule& schedule);

using SolvePart = std::function<Schedule(const Problem&, const SolveOptions&)>;

// `schedule`, which is the solution without limits, if it keeps them. Else each stem that costs more than its
// limit is solved by itself within that, and the others share what is left of the budget: stems share nothing
// else. The bound stays that of the problem without limits; nothing is proven.
[[nodiscard]] Schedule keep_stem_limits(const Problem& problem, const SolveOptions& options,
                                        Schedule schedule, const SolvePart& solve);

}  // namespace mainstream
