// The highest mean F1 within a budget: a heuristic, and the exact search that goes on from it.
// docs/scheduling.md, "How the search works".
#pragma once

#include <functional>
#include <optional>

#include "schedule/assignment.hpp"

namespace mainstream {

struct Solution {
  Assignment assignment;
  double value = 0, cost = 0;
};

// Whether `a` is better: more value, or equal value (see kEqual) at less cost.
[[nodiscard]] bool is_better(const Solution& a, const Solution& b);

// Makes the assignment the best solution when it is within the budget and better.
void offer(const Instance& instance, const Assignment& assignment, std::optional<Solution>& best);

struct BestMean {
  std::optional<Solution> best;  // nothing when no schedule is within the budget
  double bound = 0;              // no schedule within the budget has more value
  bool proven = false;           // optimal in value and cost; or nothing is within the budget
  double price = 0;              // what a unit of budget is worth, in value
};

struct MeanSearch {
  bool exact = true;               // go on until proven, or stopped
  std::function<bool()> stop;      // asked only while going on
  std::vector<Assignment> starts;  // known schedules; they may exceed the budget
  double price = 0;                // a guess, 0 for none
};

[[nodiscard]] BestMean best_mean(const Instance& instance, const MeanSearch& search);

}  // namespace mainstream
