// The limits of apps, and what to say when they cannot be kept.
#pragma once

#include <string>
#include <vector>

#include "schedule/instance.hpp"

namespace mainstream {

// Whether the option keeps the app's limits.
[[nodiscard]] bool within_limits(const Problem::App& app, const AppOption& option);

// Says why no option keeps all limits of the app.
[[nodiscard]] std::string clash_within(const Problem::App& app, const std::vector<AppOption>& options);

// Says why no schedule within the limits fits the budget, with a smallest set of apps whose limits clash with
// it. `all`: each app's options, limits not applied. `cheapest_cost`: of the cheapest schedule within the
// limits.
[[nodiscard]] std::string clash_with_budget(const Problem& problem, const AppOptions& all,
                                            double cheapest_cost);

}  // namespace mainstream
