#include "run/app_events.hpp"

namespace mainstream {

void AppEvents::set_running(Running running) {
  detector_.set_votes(running.votes);
  running_ = std::move(running);
}

std::optional<AppEvents::Closed> AppEvents::add(std::int64_t frame, MediaTime time, float score,
                                                bool positive) {
  if (positive && !in_run_) run_start_ = time;
  in_run_ = positive;
  std::optional<Closed> closed;
  if (const auto event = detector_.add(frame, score, positive)) closed = close(*event);

  const EventDetector::Event* open = detector_.open();
  if (open == nullptr) {
    open_first_.reset();
    return closed;
  }
  if (open_first_ != open->range.first) {
    open_first_ = open->range.first;
    open_start_ = run_start_;
  }
  if (open->range.last == frame) {
    open_end_ = time;
    open_running_ = running_;
  }
  return closed;
}

std::optional<AppEvents::Closed> AppEvents::finish() {
  const auto event = detector_.finish();
  if (!event) return std::nullopt;
  return close(*event);
}

}  // namespace mainstream
