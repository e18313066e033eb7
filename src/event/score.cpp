#include <algorithm>

#include "event/bootstrap.hpp"
#include "event/cells.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

std::optional<double> ratio(double part, double whole) {
  if (whole == 0) return std::nullopt;
  return part / whole;
}

std::optional<std::int64_t> earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  return a && b ? std::min(a, b) : a ? a : b;
}

// Within the frames, ascending; those with common frames are one.
std::vector<Detection> tidied(std::span<const Detection> detections, const FrameRange& frames) {
  std::vector<Detection> sorted(detections.begin(), detections.end());
  std::erase_if(sorted, [&](const Detection& detection) { return !detection.frames.overlaps(frames); });
  std::sort(sorted.begin(), sorted.end(),
            [](const Detection& a, const Detection& b) { return a.frames.first < b.frames.first; });
  std::vector<Detection> tidy;
  for (Detection& detection : sorted) {
    detection.frames.first = std::max(detection.frames.first, frames.first);
    detection.frames.last = std::min(detection.frames.last, frames.last);
    if (tidy.empty() || detection.frames.first > tidy.back().frames.last) {
      tidy.push_back(detection);
      continue;
    }
    Detection& before = tidy.back();
    before.frames.last = std::max(before.frames.last, detection.frames.last);
    before.confirmed = earlier(before.confirmed, detection.confirmed);
  }
  return tidy;
}

std::vector<FrameRange> ranges_of(const std::vector<Detection>& detections) {
  std::vector<FrameRange> ranges;
  ranges.reserve(detections.size());
  for (const Detection& detection : detections) ranges.push_back(detection.frames);
  return ranges;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

// How detections lie in one true event.
struct Meeting {
  std::int64_t detections = 0, covered_frames = 0;
  std::optional<std::int64_t> told;  // the frame at which the first of them was confirmed
};

// `next`: the first detection that does not end before the event; it is moved on.
Meeting meet(const FrameRange& event, const std::vector<Detection>& detections, std::size_t& next) {
  while (next < detections.size() && detections[next].frames.last < event.first) ++next;
  Meeting meeting;
  for (std::size_t i = next; i < detections.size() && detections[i].frames.first <= event.last; ++i) {
    ++meeting.detections;
    meeting.covered_frames += common_frames(event, detections[i].frames);
    meeting.told = earlier(meeting.told, detections[i].confirmed);
  }
  return meeting;
}

void describe_found_events(EventScore& score, const std::vector<FrameRange>& events,
                           const std::vector<Detection>& detections, double fps) {
  double frames = 0, covered = 0, meetings = 0;
  std::vector<double> delays;
  std::size_t next = 0;
  for (const FrameRange& event : events) {
    const Meeting meeting = meet(event, detections, next);
    frames += static_cast<double>(event.last - event.first + 1);
    covered += static_cast<double>(meeting.covered_frames);
    meetings += static_cast<double>(meeting.detections);
    if (!meeting.told) continue;
    // What was told before the event began, for another one or in error, is there when it begins.
    delays.push_back(static_cast<double>(std::max<std::int64_t>(0, *meeting.told - event.first)) / fps);
  }
  score.covered = ratio(covered, frames);
  score.detections_per_found = ratio(meetings, score.counts.found);
  if (!delays.empty()) score.median_delay_s = median(std::move(delays));
}

std::vector<EventCounts> count(const ScoringCells& cells, const std::vector<FrameRange>& detections) {
  std::vector<EventCounts> counts(cells.size());
  cells.add(detections, counts);
  return counts;
}

}  // namespace

EventCounts& EventCounts::operator+=(const EventCounts& other) {
  found += other.found;
  missed += other.missed;
  false_alarms += other.false_alarms;
  return *this;
}

std::optional<double> EventCounts::recall() const {
  return ratio(found, found + missed);
}

std::optional<double> EventCounts::precision() const {
  return ratio(found, found + false_alarms);
}

std::optional<double> EventCounts::f1() const {
  if (found + missed == 0) return std::nullopt;
  return 2 * found / (2 * found + missed + false_alarms);
}

EventCounts sum(std::span<const EventCounts> counts) {
  EventCounts total;
  for (const EventCounts& part : counts) total += part;
  return total;
}

Detection detection_of(const EventRecord& event) {
  return {event.frames, event.confirmed_frame};
}

EventScore score_events(std::span<const FrameRange> truth, std::span<const Detection> detections,
                        const ScoreOptions& options) {
  const ScoringCells cells(truth, options);
  const std::vector<Detection> tidy = tidied(detections, options.frames);
  const std::vector<EventCounts> counts = count(cells, ranges_of(tidy));
  const auto frames = static_cast<double>(options.frames.last - options.frames.first + 1);
  EventScore score;
  score.counts = sum(counts);
  score.true_events = static_cast<std::int64_t>(cells.events().size());
  score.detections = static_cast<std::int64_t>(tidy.size());
  score.false_alarms_per_hour = score.counts.false_alarms / (frames / options.fps / 3600);
  if (cells.events().empty()) return score;
  score.recall = score.counts.recall();
  score.precision = score.counts.precision();
  score.f1 = score.counts.f1();
  if (counts.size() > 1) score.f1_error = CellBootstrap(counts.size()).f1_error(counts);
  describe_found_events(score, cells.events(), tidy, options.fps);
  score.always_on_f1 = sum(count(cells, {options.frames})).f1();
  return score;
}

std::vector<EventCounts> score_cells(std::span<const FrameRange> truth, std::span<const Detection> detections,
                                     const ScoreOptions& options) {
  return count(ScoringCells(truth, options), ranges_of(tidied(detections, options.frames)));
}

}  // namespace mainstream
