#include "run/budget_meter.hpp"

#include <algorithm>

namespace mainstream {

bool BudgetMeter::allows(MediaTime time) {
  const MutexLock lock(mutex_);
  if (started_ && time > last_) {
    const double passed = seconds(time - last_);
    tokens_ = std::min(tokens_ + budget_ * passed, budget_ * kDepthSeconds);
  }
  last_ = started_ ? std::max(last_, time) : time;
  started_ = true;
  return tokens_ >= 0;
}

void BudgetMeter::charge(double busy_ms) {
  const MutexLock lock(mutex_);
  tokens_ -= busy_ms;
}

void BudgetMeter::set_budget(double budget_ms_per_s) {
  const MutexLock lock(mutex_);
  budget_ = budget_ms_per_s;
}

}  // namespace mainstream
