// EventDetector: from positive frames to events, by votes and merge gap.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

namespace {

EventRule checked(EventRule rule) {
  if (rule.votes >= 1 && rule.merge_gap >= 0) return rule;
  throw Error(
      ErrorKind::usage,
      fmt::format("expected at least 1 vote and a merge gap of at least 0 frames, got {} votes and {} frames",
                  rule.votes, rule.merge_gap));
}

}  // namespace

EventDetector::EventDetector(EventRule rule) : rule_(checked(rule)) {}

void EventDetector::set_votes(int votes) {
  rule_ = checked({votes, rule_.merge_gap});
}

std::optional<EventDetector::Event> EventDetector::add(std::int64_t frame, MediaTime time, float score,
                                                       bool positive) {
  if (last_frame_ && frame <= *last_frame_) {
    throw Error(ErrorKind::usage,
                fmt::format("got frame {} after frame {}, expected a later one", frame, *last_frame_));
  }
  last_frame_ = frame;
  if (positive && run_length_++ == 0) {
    run_start_ = frame;
    run_start_time_ = time;
  }
  if (!positive) run_length_ = 0;

  // The earliest frame at which another detection can begin.
  const std::int64_t next_start = positive ? run_start_ : frame + 1;
  std::optional<Event> over;
  if (current_ && next_start - current_->range.last - 1 > rule_.merge_gap) {
    over = std::exchange(current_, std::nullopt);
    pending_ = {};
  }
  if (!current_ && !positive) {
    pending_ = {};
    return over;
  }
  pending_.peak = pending_.seen == 0 ? score : std::fmax(pending_.peak, score);  // passes over a NaN
  ++pending_.seen;
  pending_.positive += positive ? 1 : 0;
  if (run_length_ >= rule_.votes) join_run(frame, time);
  return over;
}

void EventDetector::join_run(std::int64_t frame, MediaTime time) {
  if (!current_) current_ = Event{{run_start_, frame}, pending_.peak, 0, 0, frame, run_start_time_, time};
  current_->range.last = frame;
  current_->end = time;
  current_->peak = std::fmax(current_->peak, pending_.peak);
  current_->seen += pending_.seen;
  current_->positive += pending_.positive;
  pending_ = {};
}

std::optional<EventDetector::Event> EventDetector::finish() {
  pending_ = {};
  run_length_ = 0;
  last_frame_.reset();
  return std::exchange(current_, std::nullopt);
}

}  // namespace mainstream
