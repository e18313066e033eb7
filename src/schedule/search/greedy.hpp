// The paper's heuristic: steepest ascent by F1 per cost. docs/scheduling.md, "Algorithms".
#pragma once

#include "schedule/assignment.hpp"

namespace mainstream {

// From the cheapest schedule, the move of one app with most F1 per cost, again and again. The result is that
// cheapest schedule where even this exceeds the budget. For instances with one stem number type.
[[nodiscard]] Assignment greedy(const Instance& instance);

}  // namespace mainstream
