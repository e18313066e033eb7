// The multiple-choice knapsack problem: one item of each class within a budget.
//
// The linear relaxation gives a price and a bound; the Pareto merge under that bound gives the exact answer.
#pragma once

#include <optional>

#include "schedule/search/pareto_merge.hpp"

namespace mainstream {

struct KnapsackResult {
  struct Choice {
    double cost = 0, value = 0;
    std::vector<std::size_t> items;  // Item::index, one per class
  };
  std::optional<Choice> best;  // nothing when no choice is within the budget and worth `floor`
  bool exact = true;           // false: a limit was reached, so better choices may have been lost
};

// The choice with the highest value, of at least `floor`, within the budget; of equal values (see kEqual) the
// cheapest. The classes need not be sorted. `price`: a guess of what a unit of cost is worth, 0 for none.
// `most` and `stop` limit memory and time, see MergeLimits.
[[nodiscard]] KnapsackResult solve_knapsack(std::vector<ItemClass> classes, double budget, double floor,
                                            double price, std::size_t most,
                                            const std::function<bool()>& stop);

}  // namespace mainstream
