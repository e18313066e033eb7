#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

// How many of `ranges` overlap one of `others`.
std::int64_t count_overlapping(std::span<const FrameRange> ranges, std::span<const FrameRange> others) {
  std::vector<FrameRange> sorted(others.begin(), others.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const FrameRange& a, const FrameRange& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    sorted[i].last = std::max(sorted[i].last, sorted[i - 1].last);
  // Of those that begin early enough, one overlaps if the latest end does.
  const auto overlaps_one = [&](const FrameRange& range) {
    const auto behind =
        std::upper_bound(sorted.begin(), sorted.end(), range.last,
                         [](std::int64_t last, const FrameRange& other) { return last < other.first; });
    return behind != sorted.begin() && (behind - 1)->last >= range.first;
  };
  return std::count_if(ranges.begin(), ranges.end(), overlaps_one);
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<FrameRange> cut(const std::vector<FrameRange>& ranges, const FrameRange& frames) {
  std::vector<FrameRange> inside;
  for (const FrameRange& range : ranges) {
    if (!range.overlaps(frames)) continue;
    inside.push_back({std::max(range.first, frames.first), std::min(range.last, frames.last)});
  }
  return inside;
}

}  // namespace

EventScore score_events(std::span<const FrameRange> truth, std::span<const FrameRange> detected) {
  EventScore score;
  score.true_events = static_cast<std::int64_t>(truth.size());
  score.detected_events = static_cast<std::int64_t>(detected.size());
  score.found = count_overlapping(truth, detected);
  score.correct = count_overlapping(detected, truth);
  score.recall = ratio(score.found, score.true_events);
  score.precision = ratio(score.correct, score.detected_events);
  if (!score.recall && !score.precision) return score;
  const double recall = score.recall.value_or(0), precision = score.precision.value_or(0);
  score.f1 = recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0;
  return score;
}

RunScore score_run(const Labels& labels, const EventsByApp& detected, FrameRange frames) {
  if (frames.first < 0 || frames.first > frames.last || frames.last >= labels.frames) {
    throw Error(ErrorKind::usage, fmt::format("frames {}..{}: the labels have frames 0..{}", frames.first,
                                              frames.last, labels.frames - 1));
  }
  RunScore run;
  run.frames = frames;
  std::vector<double> f1;
  for (const auto& [app, events] : detected) {
    const auto truth = runs_of(labels.of(app), frames.first, frames.last + 1);
    const EventScore score = score_events(truth, cut(events, frames));
    run.apps[app] = score;
    if (score.f1) f1.push_back(*score.f1);
  }
  if (f1.empty()) return run;
  run.mean_f1 = std::accumulate(f1.begin(), f1.end(), 0.0) / static_cast<double>(f1.size());
  run.min_f1 = *std::min_element(f1.begin(), f1.end());
  return run;
}

}  // namespace mainstream
