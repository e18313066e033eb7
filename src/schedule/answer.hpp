#pragma once

#include "mainstream/scheduler.hpp"
#include "schedule/instance.hpp"

namespace mainstream {

// The schedule that an assignment stands for, costs and quality filled in; feasible by the budget alone.
[[nodiscard]] Schedule make_schedule(const Problem& problem, const Instance& instance,
                                     const Assignment& assignment);

// 0.1 .. 0.9: without sharing, one frame per second for everybody may already be too much.
[[nodiscard]] const std::vector<double>& rates_without_sharing();

}  // namespace mainstream
