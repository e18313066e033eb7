// One item of each class within a budget: the multiple-choice knapsack problem.
#pragma once

#include <optional>

#include "schedule/pareto_merge.hpp"

namespace mainstream {

struct KnapsackResult {
  double cost = 0, value = 0;
  std::vector<std::size_t> chosen;  // an item's index per class
};

struct KnapsackAnswer {
  std::optional<KnapsackResult> best;  // nothing when no way is within the budget and worth `floor`
  bool exact = true;                   // else better ways may have been lost
};

// The highest total value of at least `floor` within the budget, and for that (values within 1e-9 of each
// other are the same) the lowest cost. The classes need not be sorted. `price` is a guess of what a unit of
// cost is worth; `most` limits memory and time (see MergeLimits).
[[nodiscard]] KnapsackAnswer solve_knapsack(std::vector<ItemClass> classes, double budget, double floor,
                                            double price, std::size_t most);

}  // namespace mainstream
