// One option per app within a budget, once it is settled which options the stems allow.
#pragma once

#include <optional>
#include <vector>

namespace mainstream {

struct KnapsackItem {
  double cost = 0, value = 0;
  std::size_t index = 0;  // the caller's name for it
};

struct KnapsackResult {
  double cost = 0, value = 0;
  std::vector<std::size_t> chosen;  // an item's index per class
};

// Takes one item of each class: the highest total value within the budget, and for that the lowest cost.
// Exact. Nothing when even the cheapest items do not fit. Values that differ by less than 1e-9 are the same.
[[nodiscard]] std::optional<KnapsackResult> solve_knapsack(
    const std::vector<std::vector<KnapsackItem>>& classes, double budget);

}  // namespace mainstream
