// The highest minimum F1 within a budget: bisection over the values that a minimum can have.
#pragma once

#include "schedule/search/best_mean.hpp"

namespace mainstream {

struct BestMaxMin {
  BestMean mean;        // among the schedules with the highest minimum; no best when nothing is feasible
  double min_f1 = 0;    // the minimum that was reached
  double bound = 0;     // no schedule within the budget has a higher minimum
  bool proven = false;  // minimum, mean and cost
};

// The highest minimum F1 within the budget, then the highest mean, then the lowest cost.
[[nodiscard]] BestMaxMin best_max_min(const Instance& instance, const MeanSearch& search);

}  // namespace mainstream
