#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

namespace {

EventRule checked(EventRule rule) {
  if (rule.votes >= 1 && rule.merge_gap >= 0) return rule;
  throw Error(ErrorKind::usage,
              fmt::format("{} votes and a merge gap of {} frames; at least 1 and 0 are needed", rule.votes,
                          rule.merge_gap));
}

}  // namespace

EventDetector::EventDetector(EventRule rule) : rule_(checked(rule)) {}

void EventDetector::set_votes(int votes) {
  rule_ = checked({votes, rule_.merge_gap});
}

std::optional<EventDetector::Event> EventDetector::add(std::int64_t frame, float score, bool positive) {
  if (last_frame_ && frame <= *last_frame_) {
    throw Error(ErrorKind::usage, fmt::format("frame {} after frame {}", frame, *last_frame_));
  }
  last_frame_ = frame;
  if (positive && run_length_++ == 0) run_start_ = frame;
  if (!positive) run_length_ = 0;

  // The earliest frame at which a detection that is still to come can begin.
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
  if (run_length_ >= rule_.votes) join_run(frame);
  return over;
}

void EventDetector::join_run(std::int64_t frame) {
  if (!current_) current_ = Event{{run_start_, frame}, pending_.peak, 0, 0, frame};
  current_->range.last = frame;
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
