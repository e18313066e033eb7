// Pauses between attempts: doubled each time up to a limit, less up to a half at random.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace mainstream {

class Backoff {
 public:
  using Ms = std::chrono::milliseconds;

  Backoff(Ms first, Ms longest, unsigned seed = std::random_device()())
      : first_(first), longest_(longest), next_(first), random_(seed) {}

  [[nodiscard]] Ms next() {
    const Ms pause = std::min(next_, longest_);
    next_ = std::min(pause * 2, longest_);
    const auto least = pause.count() / 2;
    return Ms(std::uniform_int_distribution<Ms::rep>(least, pause.count())(random_));
  }
  void reset() { next_ = first_; }

 private:
  const Ms first_, longest_;
  Ms next_;
  std::minstd_rand random_;
};

}  // namespace mainstream
