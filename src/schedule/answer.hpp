#pragma once

#include "mainstream/scheduler.hpp"
#include "schedule/instance.hpp"

namespace mainstream {

// The schedule that an assignment stands for, costs and quality filled in; feasible by the budget alone.
[[nodiscard]] Schedule make_schedule(const Problem& problem, const Instance& instance,
                                     const Assignment& assignment);

}  // namespace mainstream
