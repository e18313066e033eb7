// When FFmpeg's blocking calls give up.
#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <utility>

#include "media/ffmpeg.hpp"

namespace mainstream {

// FFmpeg asks it about ten times a second while it waits. It stays where it is: calls keep its address.
class Interruption {
 public:
  Interruption(std::chrono::milliseconds timeout, std::stop_token stop)
      : timeout_(timeout), stop_(std::move(stop)) {
    expect_within_timeout();
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Waits for the next picture begin anew.
  void expect_within_timeout() {
    deadline_ = (std::chrono::steady_clock::now() + timeout_).time_since_epoch();
  }

  [[nodiscard]] bool stopped() const { return stop_.stop_requested(); }
  [[nodiscard]] bool timed_out() const {
    return std::chrono::steady_clock::now().time_since_epoch() > deadline_.load();
  }
  [[nodiscard]] bool interrupts() const { return stopped() || timed_out(); }
  [[nodiscard]] std::chrono::milliseconds timeout() const { return timeout_; }

  [[nodiscard]] AVIOInterruptCB callback() {
    return {[](void* self) { return static_cast<const Interruption*>(self)->interrupts() ? 1 : 0; }, this};
  }

 private:
  const std::chrono::milliseconds timeout_;
  const std::stop_token stop_;
  // The receiving threads that FFmpeg starts for UDP ask, too.
  std::atomic<std::chrono::steady_clock::duration> deadline_;
};

}  // namespace mainstream
