#include "event/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr FrameRange kNoFrames{0, -1};

void check(const ScoreOptions& options) {
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
  if (!within(options.fps, 1e-6, 1e6)) {
    throw Error(ErrorKind::usage,
                fmt::format("a stream of {} frames per second cannot be scored; 0.000001 to "
                            "1000000 would be right",
                            options.fps));
  }
  if (options.frames.first < 0 || options.frames.first > options.frames.last) {
    throw Error(ErrorKind::usage, fmt::format("frames {}..{} cannot be scored: they must begin at 0 or later "
                                              "and not end before that",
                                              options.frames.first, options.frames.last));
  }
  if (!within(options.tolerance_s, 0, 1e6) || !within(options.alarm_frames, 0, 1e15)) {
    throw Error(
        ErrorKind::usage,
        fmt::format("expected a tolerance and a length of false alarms of at least 0, got {} s and {} frames",
                    options.tolerance_s, options.alarm_frames));
  }
}

std::vector<FrameRange> events_within(std::span<const FrameRange> truth, const FrameRange& frames) {
  std::vector<FrameRange> events;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i].first > truth[i].last || (i > 0 && truth[i].first <= truth[i - 1].last)) {
      throw Error(ErrorKind::usage,
                  fmt::format("true events must rise without common frames; {}..{} does not", truth[i].first,
                              truth[i].last));
    }
    if (!truth[i].overlaps(frames)) continue;
    events.push_back({std::max(truth[i].first, frames.first), std::min(truth[i].last, frames.last)});
  }
  return events;
}

// Without any event nothing tells how long an alarm is: each detection is one.
double mean_length(const std::vector<FrameRange>& events) {
  if (events.empty()) return std::numeric_limits<double>::infinity();
  double frames = 0;
  for (const FrameRange& event : events) frames += static_cast<double>(event.last - event.first + 1);
  return frames / static_cast<double>(events.size());
}

}  // namespace

std::int64_t common_frames(const FrameRange& a, const FrameRange& b) {
  return std::max<std::int64_t>(0, std::min(a.last, b.last) - std::max(a.first, b.first) + 1);
}

ScoringCells::ScoringCells(std::span<const FrameRange> truth, const ScoreOptions& options) {
  check(options);
  events_ = events_within(truth, options.frames);
  alarm_frames_ = options.alarm_frames > 0 ? options.alarm_frames : mean_length(events_);
  if (events_.empty()) {
    cells_.push_back({options.frames, kNoFrames, kNoFrames});
    return;
  }
  const std::int64_t tolerance = std::lrint(options.tolerance_s * options.fps);
  std::int64_t begin = options.frames.first;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const FrameRange& event = events_[i];
    std::int64_t last = options.frames.last;
    if (i + 1 < events_.size()) last = event.last + (events_[i + 1].first - event.last - 1) / 2;
    cells_.push_back({{begin, last},
                      event,
                      {std::max(begin, event.first - tolerance), std::min(last, event.last + tolerance)}});
    begin = last + 1;
  }
}

std::span<const ScoringCells::Cell> ScoringCells::cells_of(const FrameRange& detection) const {
  const auto ends_before = [](const Cell& cell, std::int64_t frame) { return cell.frames.last < frame; };
  const auto begin = std::lower_bound(cells_.begin(), cells_.end(), detection.first, ends_before);
  auto end = begin;
  while (end != cells_.end() && end->frames.first <= detection.last) ++end;
  return {begin, end};
}

void ScoringCells::add(std::span<const FrameRange> detections, std::span<EventCounts> counts) const {
  if (!events_.empty()) {
    for (EventCounts& count : counts) ++count.missed;
  }
  const Cell* found_last =
      nullptr;  // detections rise, so an event found before is this one or an earlier one
  for (const FrameRange& detection : detections) {
    const auto cells = cells_of(detection);
    const bool near_an_event = std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
      return common_frames(cell.near, detection) > 0;
    });
    const auto length = static_cast<double>(detection.last - detection.first + 1);
    const double per_frame = near_an_event ? 1 / alarm_frames_ : std::max(1 / length, 1 / alarm_frames_);
    for (const Cell& cell : cells) {
      EventCounts& count = counts[static_cast<std::size_t>(&cell - cells_.data())];
      const auto outside = common_frames(cell.frames, detection) - common_frames(cell.near, detection);
      count.false_alarms += static_cast<double>(outside) * per_frame;
      if (&cell == found_last || common_frames(cell.event, detection) == 0) continue;
      ++count.found;
      --count.missed;
      found_last = &cell;
    }
  }
}

}  // namespace mainstream
