#include "run/budget_meter.hpp"

#include <algorithm>

namespace mainstream {

bool BudgetMeter::allows(MediaTime time) {
  if (started_) {
    const double passed = seconds(time - last_);
    tokens_ = std::min(tokens_ + budget_ * passed, budget_ * kDepthSeconds);
  }
  started_ = true;
  last_ = time;
  return tokens_ >= 0;
}

}  // namespace mainstream
