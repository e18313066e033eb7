#pragma once

#include "schedule/instance.hpp"

namespace mainstream {

// The paper's heuristic (docs/scheduling.md, "greedy"), from the cheapest schedule upwards. The answer is
// that cheapest schedule where even this is over the budget. For instances with one stem precision.
[[nodiscard]] Assignment greedy(const Instance& instance);

}  // namespace mainstream
