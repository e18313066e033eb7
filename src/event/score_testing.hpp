// The event score once more, frame by frame on bits as its definition reads, to compare with.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

using Bits = std::vector<bool>;

inline Bits bits(const std::string& text) {
  Bits result;
  for (const char c : text) result.push_back(c == '#');
  return result;
}

// Runs of true; those with at most `gap` frames between them are one.
inline std::vector<FrameRange> joined_runs(const Bits& positive, std::int64_t gap = 0) {
  std::vector<FrameRange> runs;
  for (std::int64_t i = 0; i < std::ssize(positive); ++i) {
    if (!positive[static_cast<std::size_t>(i)]) continue;
    if (!runs.empty() && i - runs.back().last - 1 <= gap) {
      runs.back().last = i;
    } else {
      runs.push_back({i, i});
    }
  }
  return runs;
}

inline std::vector<Detection> told(const std::vector<FrameRange>& runs) {
  std::vector<Detection> detections;
  for (const FrameRange& run : runs) detections.push_back({run, {}});
  return detections;
}

inline EventCounts expected_counts(const Bits& truth, const std::vector<FrameRange>& detections, double fps) {
  const std::vector<FrameRange> events = joined_runs(truth);
  const auto tolerance = static_cast<std::int64_t>(std::lrint(0.5 * fps));
  Bits wide = truth;
  for (std::int64_t i = 0; i < std::ssize(truth); ++i) {
    for (std::int64_t j = std::max<std::int64_t>(0, i - tolerance);
         j <= std::min(std::ssize(truth) - 1, i + tolerance); ++j) {
      if (truth[static_cast<std::size_t>(j)]) wide[static_cast<std::size_t>(i)] = true;
    }
  }
  const auto mean =
      static_cast<double>(std::count(truth.begin(), truth.end(), true)) / static_cast<double>(events.size());
  EventCounts counts;
  for (const FrameRange& event : events) {
    const bool found = std::any_of(detections.begin(), detections.end(),
                                   [&](const FrameRange& detection) { return detection.overlaps(event); });
    (found ? counts.found : counts.missed) += 1;
  }
  for (const FrameRange& detection : detections) {
    double outside = 0, length = 0;
    for (std::int64_t i = detection.first; i <= detection.last; ++i, ++length) {
      outside += wide[static_cast<std::size_t>(i)] ? 0 : 1;
    }
    counts.false_alarms += outside < length ? outside / mean : std::max(1.0, length / mean);
  }
  return counts;
}

// Runs of random lengths; not all false.
inline Bits random_bits(std::mt19937& random, std::size_t size, unsigned mean_off, unsigned mean_on) {
  Bits result;
  while (result.size() < size) {
    result.insert(result.end(), 1 + random() % (2 * mean_off), false);
    result.insert(result.end(), 1 + random() % (2 * mean_on), true);
  }
  result.resize(size);
  if (std::none_of(result.begin(), result.end(), [](bool bit) { return bit; })) result.back() = true;
  return result;
}

}  // namespace mainstream
