// The highest mean within the budget: our heuristic, and the exact search that begins with it.
#pragma once

#include <functional>
#include <optional>

#include "schedule/instance.hpp"

namespace mainstream {

struct Solution {
  Assignment assignment;
  double value = 0, cost = 0;
};

// Whether `a` is the better answer: more value, or the same (within 1e-9) for less cost.
[[nodiscard]] bool better(const Solution& a, const Solution& b);

struct BestMean {
  std::optional<Solution> best;  // nothing when no schedule is within the budget
  double cheapest_cost = 0;      // of any schedule, as far as that was looked for
  double bound = 0;              // no schedule within the budget has more value
  bool proven = false;           // optimal in value and cost; or nothing is within the budget
  double price = 0;              // what a unit of budget is worth, in value
};

struct MeanSearch {
  bool exact = true;               // go on until proven, or stopped
  std::function<bool()> stop;      // asked only while going on
  std::vector<Assignment> starts;  // schedules to begin with; may be over the budget
  double price = 0;                // a guess, 0 for none
};

[[nodiscard]] BestMean best_mean(const Instance& instance, const MeanSearch& search);

}  // namespace mainstream
