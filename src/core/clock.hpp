// Time behind an interface, so that tests can control it.
#pragma once

#include <chrono>

#include "core/mutex.hpp"

namespace mainstream {

class Clock {
 public:
  using Duration = std::chrono::nanoseconds;
  using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
  // Returns at once when `time` has passed already.
  virtual void sleep_until(Time time) = 0;

  // The machine's monotonic clock; it lives as long as the program.
  static Clock& system();
};

// A clock that stands still until a test (or a sleeper) moves it. Thread-safe.
class ManualClock : public Clock {
 public:
  [[nodiscard]] Time now() const override;
  void sleep_until(Time time) override;  // moves the clock there
  void advance(Duration by);

 private:
  mutable Mutex mutex_;
  Time now_ GUARDED_BY(mutex_){};
};

}  // namespace mainstream
