// EventDetector: from positive frames to events, by votes, merge gap and lengths.
//
// Frames that may still become part of an event wait in tallies: pending_ since the current event's last
// frame (they join it with the next detection), fresh_ the positive ones of them that would begin another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

namespace {

std::int64_t length(std::int64_t first, std::int64_t last) {
  return last - first + 1;
}

EventRule checked(EventRule rule) {
  if (rule.votes < 1 || rule.merge_gap < 0) {
    throw Error(
        ErrorKind::usage,
        fmt::format(
            "expected at least 1 vote and a merge gap of at least 0 frames, got {} votes and {} frames",
            rule.votes, rule.merge_gap));
  }
  if (rule.min_length < 0 || rule.max_length < 0 ||
      (rule.max_length > 0 && rule.min_length > rule.max_length)) {
    throw Error(ErrorKind::usage, fmt::format("expected lengths of events of at least 0 frames, the least at "
                                              "most the greatest, got {} and {} frames",
                                              rule.min_length, rule.max_length));
  }
  return rule;
}

}  // namespace

void EventDetector::Tally::add(std::int64_t frame, float score, bool positive_frame) {
  if (seen == 0 || std::isnan(peak) || score > peak) {
    peak = score;
    peak_frame = frame;
  }
  ++seen;
  positive += positive_frame ? 1 : 0;
}

EventDetector::EventDetector(EventRule rule) : rule_(checked(rule)) {}

void EventDetector::set_rule(EventRule rule) {
  rule_ = checked(rule);
}

std::optional<EventDetector::Event> EventDetector::add(std::int64_t frame, MediaTime time, float score,
                                                       bool positive) {
  if (last_frame_ && frame <= *last_frame_) {
    throw Error(ErrorKind::usage,
                fmt::format("got frame {} after frame {}, expected a later one", frame, *last_frame_));
  }
  last_frame_ = frame;
  if (positive && run_length_++ == 0) run_start_ = frame;
  if (!positive) run_length_ = 0;

  // The earliest frame at which another detection can begin.
  const std::int64_t next_start = positive ? run_start_ : frame + 1;
  std::optional<Event> over;
  if (current_ && next_start - current_->range.last - 1 > rule_.merge_gap) over = take_current();
  count(frame, time, score, positive);
  if (run_length_ >= rule_.votes) {
    // An event that the gap ended leaves none that the length could end.
    if (const auto too_long = join_run(frame, time)) over = too_long;
  }
  return over;
}

void EventDetector::count(std::int64_t frame, MediaTime time, float score, bool positive) {
  if (!positive) fresh_ = {};
  if (!current_ && !positive) {
    pending_ = {};
    return;
  }
  if (positive && fresh_.seen == 0) {
    fresh_.first = frame;
    fresh_.start = time;
  }
  if (positive) fresh_.add(frame, score, positive);
  pending_.add(frame, score, positive);
}

// The run makes the current event longer or begins one. Returns the event that would become too long.
std::optional<EventDetector::Event> EventDetector::join_run(std::int64_t frame, MediaTime time) {
  std::optional<Event> over;
  if (current_ && rule_.max_length > 0 && length(current_->range.first, frame) > rule_.max_length)
    over = take_current();
  if (!current_) {
    current_ = Event{.range = {fresh_.first, frame},
                     .peak = pending_.peak,
                     .confirmed_frame = frame,
                     .peak_frame = pending_.peak_frame,
                     .start = fresh_.start};
  }
  current_->range.last = frame;
  current_->end = time;
  if (pending_.peak > current_->peak || std::isnan(current_->peak)) {
    current_->peak = pending_.peak;
    current_->peak_frame = pending_.peak_frame;
  }
  current_->seen += pending_.seen;
  current_->positive += pending_.positive;
  pending_ = {};
  fresh_ = {};
  if (!begun_ && length(current_->range.first, frame) >= rule_.min_length) {
    begun_ = true;
    current_->confirmed_frame = frame;
  }
  return over;
}

// Ends the current event. Nothing if it never began.
std::optional<EventDetector::Event> EventDetector::take_current() {
  std::optional<Event> event = std::exchange(current_, std::nullopt);
  pending_ = static_cast<const Tally&>(fresh_);
  return std::exchange(begun_, false) ? event : std::nullopt;
}

bool EventDetector::may_be_first(std::int64_t frame) const {
  return (current_ && current_->range.first == frame) || (fresh_.seen > 0 && fresh_.first == frame);
}

bool EventDetector::may_be_peak(std::int64_t frame) const {
  return (current_ && current_->peak_frame == frame) || (pending_.seen > 0 && pending_.peak_frame == frame) ||
         (fresh_.seen > 0 && fresh_.peak_frame == frame);
}

std::optional<EventDetector::Event> EventDetector::finish() {
  std::optional<Event> over = take_current();
  pending_ = {};
  fresh_ = {};
  run_length_ = 0;
  last_frame_.reset();
  return over;
}

}  // namespace mainstream
