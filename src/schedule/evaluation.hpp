// From an assignment to a schedule, and back.
#pragma once

#include "mainstream/scheduler.hpp"
#include "schedule/assignment.hpp"

namespace mainstream {

// The schedule of an assignment whose number types fit together, with its cost and quality; `feasible` means
// within the budget, limits are not checked.
[[nodiscard]] Schedule make_schedule(const Problem& problem, const Instance& instance,
                                     const Assignment& assignment);

// The assignment of a schedule with one app for each of the instance's. Throws usage when an app has no such
// option: the schedule belongs to another problem.
[[nodiscard]] Assignment assignment_of(const Problem& problem, const Instance& instance,
                                       const Schedule& schedule);

}  // namespace mainstream
