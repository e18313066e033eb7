#include "core/clock.hpp"

#include <algorithm>
#include <thread>

namespace mainstream {
namespace {

class SystemClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return std::chrono::steady_clock::now(); }
  void sleep_until(Time time) override { std::this_thread::sleep_until(time); }
};

}  // namespace

Clock& Clock::system() {
  static SystemClock clock;
  return clock;
}

Clock::Time ManualClock::now() const {
  const MutexLock lock(mutex_);
  return now_;
}

void ManualClock::sleep_until(Time time) {
  const MutexLock lock(mutex_);
  now_ = std::max(now_, time);
}

void ManualClock::advance(Duration by) {
  const MutexLock lock(mutex_);
  now_ += by;
}

}  // namespace mainstream
