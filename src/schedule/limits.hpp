// The limits that apps come with, and what to say when they cannot be kept.
#pragma once

#include <string>
#include <vector>

#include "schedule/instance.hpp"

namespace mainstream {

// Whether the option keeps the app's own limits.
[[nodiscard]] bool within_limits(const Problem::App& app, const InstanceOption& option);

// Which limits of this app exclude each other (or all that it has).
[[nodiscard]] std::string clash_within(const Problem::App& app, const std::vector<InstanceOption>& options);

// The cheapest schedule of an instance, within limits or not; exact. Nothing when the stem precisions that
// the apps need cannot go together.
struct Cheapest {
  Assignment assignment;
  double cost = 0;
};
[[nodiscard]] std::optional<Cheapest> cheapest_schedule(const Instance& instance);

// Why nothing within limits fits the budget. `all` are the options of each app without its limits.
[[nodiscard]] std::string clash_with_budget(const Problem& problem, const AppOptions& all,
                                            double cheapest_cost);

}  // namespace mainstream
