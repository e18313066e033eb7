// Keeps the promise of a budget: so many busy milliseconds per second of stream, and no more.
#pragma once

#include "mainstream/media.hpp"

namespace mainstream {

// A token bucket over stream time. Work begins when nothing is owed and may then owe what it took; so
// within any stretch of T seconds at most budget * (T + kDepthSeconds) plus one frame's time is spent,
// and from the start of the stream at most budget * T plus one frame's. One thread.
class BudgetMeter {
 public:
  // Unused budget is kept for so long, so that frames on which many apps are due can be paid for.
  static constexpr double kDepthSeconds = 1;

  explicit BudgetMeter(double budget_ms_per_s) : budget_(budget_ms_per_s) {}

  // Whether a frame may be analysed at this time of the stream. `time` must not fall from call to call.
  [[nodiscard]] bool allows(MediaTime time);
  void charge(double busy_ms) { tokens_ -= busy_ms; }

 private:
  double budget_;      // ms per second
  double tokens_ = 0;  // ms; below 0 it is owed
  bool started_ = false;
  MediaTime last_{};
};

}  // namespace mainstream
