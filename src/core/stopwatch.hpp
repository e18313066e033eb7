// Milliseconds between calls.
#pragma once

#include <chrono>
#include <utility>

#include "core/clock.hpp"

namespace mainstream {

// Starts when it is made. `clock` outlives it.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), start_(clock.now()), last_(start_) {}

  // Milliseconds since the last lap, or the start.
  double lap() {
    const Clock::Time now = clock_.now();
    return milliseconds(now - std::exchange(last_, now));
  }
  // Sum of all laps.
  [[nodiscard]] double total() const { return milliseconds(last_ - start_); }

 private:
  static double milliseconds(Clock::Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  }

  const Clock& clock_;
  const Clock::Time start_;
  Clock::Time last_;
};

}  // namespace mainstream
