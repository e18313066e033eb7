// Time that passed since a state directory was made, for retention: it follows neither a jump of the wall
// clock nor a start with a wrong one (boards without a battery begin in 1970).
#pragma once

#include <algorithm>
#include <chrono>

#include "mainstream/event.hpp"

namespace mainstream {

// While it runs it follows the steady clock. The time between two runs is what the wall clock tells, if that
// went forward: it is the wall time at the end of the last run that counts, so a clock that was set right
// while the node ran is right here, too. A clock that was never set counts for nothing, and one that is
// behind what it has shown before does not take that back, so no time counts twice.
class AgeClock {
 public:
  using Ms = std::chrono::milliseconds;
  using Steady = std::chrono::steady_clock::time_point;

  struct Saved {
    Ms age{0};
    WallTime wall;  // at that age
  };

  // `saved` is what save() gave at last; nothing in a new directory.
  AgeClock(const std::optional<Saved>& saved, WallTime wall, Steady steady)
      : start_(steady), start_wall_(wall) {
    if (!saved) return;
    base_ = saved->age;
    if (saved->wall < kPlausible) return;
    start_wall_ = std::max(wall, saved->wall);
    base_ += start_wall_ - saved->wall;
  }

  [[nodiscard]] Ms age(Steady steady) const {
    return base_ + std::chrono::duration_cast<Ms>(steady - start_);
  }
  [[nodiscard]] Saved save(WallTime wall, Steady steady) const {
    return {age(steady), std::max(wall, start_wall_ + (age(steady) - base_))};
  }

 private:
  // Before this was written: the clock was never set.
  static constexpr WallTime kPlausible = std::chrono::sys_days(std::chrono::January / 1 / 2023);

  Ms base_{0};
  const Steady start_;
  WallTime start_wall_;  // the least that the wall clock can have been at the start
};

}  // namespace mainstream
