// Exponential back-off with jitter: for what is tried again until it works.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace mainstream {

class Backoff {
 public:
  using Duration = std::chrono::nanoseconds;

  // `seed` decides the jitter. By default each object has its own, so that many who lost the same server do
  // not come back at once.
  Backoff(Duration first, Duration most, std::uint64_t seed = std::random_device{}())
      : first_(first), most_(most), random_(seed) {}

  // How long to wait before the next try: between half and all of `first`, then of twice as much and so on,
  // up to `most`.
  [[nodiscard]] Duration next() {
    const Duration whole = std::min(most_, next_);
    next_ = std::min(most_, whole * 2);
    return std::chrono::duration_cast<Duration>(whole * std::uniform_real_distribution<>(0.5, 1)(random_));
  }

  // It works again: the next wait is a short one.
  void reset() { next_ = first_; }

 private:
  const Duration first_, most_;
  Duration next_ = first_;
  std::mt19937_64 random_;
};

}  // namespace mainstream
