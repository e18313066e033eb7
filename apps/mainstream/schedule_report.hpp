// Schedules for people.
#pragma once

#include <string>
#include <vector>

#include "mainstream/schedule_advice.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {

// One line per app and one for the whole: F1, cost, and the largest possible distance to the best schedule.
[[nodiscard]] std::string schedule_table(const Problem& problem, const Schedule& schedule);

// The tree of shared layers: apps, rates, costs and their shares.
[[nodiscard]] std::string schedule_tree(const Problem& problem, const Schedule& schedule);

// For each app the reason why it does not get more.
[[nodiscard]] std::string steps_text(const Problem& problem, const Schedule& schedule,
                                     const std::vector<std::optional<NextStep>>& steps);

// The change for every app when the newcomer joins.
[[nodiscard]] std::string admission_table(const Problem& problem, const Admission& admission);

// at,algorithm,feasible,mean_f1,min_f1,cost,bound
[[nodiscard]] std::string sweep_csv(const std::vector<SweepPoint>& points, const std::string& at);
// The objective of every algorithm over `at`, as SVG.
[[nodiscard]] std::string sweep_plot(const std::vector<SweepPoint>& points, const std::string& at,
                                     Objective objective);

}  // namespace mainstream
