// Keeps the promise of a budget: so many busy core-milliseconds per second, and no more.
#pragma once

#include "core/mutex.hpp"
#include "mainstream/media_time.hpp"

namespace mainstream {

// A token bucket over time. Work begins when nothing is owed and may then owe what it took; so within any
// stretch of T seconds at most budget * (T + kDepthSeconds) plus one frame's time of each worker is spent,
// and from the start at most budget * T plus that. Any number of streams may share it; thread-safe.
class BudgetMeter {
 public:
  // Unused budget is kept for so long, so that frames on which many apps are due can be paid for.
  static constexpr double kDepthSeconds = 1;

  explicit BudgetMeter(double budget_ms_per_s) : budget_(budget_ms_per_s) {}

  // Whether a frame may be analysed at this time. Time that falls counts as time that stands still.
  [[nodiscard]] bool allows(MediaTime time);
  void charge(double busy_ms);
  void set_budget(double budget_ms_per_s);

 private:
  Mutex mutex_;
  double budget_ GUARDED_BY(mutex_);      // ms per second
  double tokens_ GUARDED_BY(mutex_) = 0;  // ms; below 0 it is owed
  bool started_ GUARDED_BY(mutex_) = false;
  MediaTime last_ GUARDED_BY(mutex_){};
};

}  // namespace mainstream
