#include "schedule/curve.hpp"

#include <algorithm>
#include <tuple>

namespace mainstream {
namespace {

Quality between(const Problem::MeasuredQuality& low, const Problem::MeasuredQuality& high, double fps) {
  const double t = (fps - low.fps) / (high.fps - low.fps);
  const auto mix = [t](double a, double b) { return a + t * (b - a); };
  return {mix(low.quality.recall, high.quality.recall), mix(low.quality.precision, high.quality.precision),
          mix(low.quality.f1, high.quality.f1)};
}

Quality measured_quality(const std::vector<Problem::MeasuredQuality>& measured, double fps) {
  const auto next = std::lower_bound(measured.begin(), measured.end(), fps,
                                     [](const auto& entry, double rate) { return entry.fps < rate; });
  if (next == measured.end()) return measured.back().quality;
  if (next->fps == fps) return next->quality;
  if (next != measured.begin()) return between(*std::prev(next), *next, fps);
  Quality thinned = next->quality;
  thinned.recall *= fps / next->fps;
  thinned.f1 = f1_score(thinned.recall, thinned.precision);
  return thinned;
}

}  // namespace

std::vector<Problem::Candidate> corrected_curve(std::vector<Problem::Candidate> candidates) {
  const auto key = [](const Problem::Candidate& c) {
    return std::tuple(c.stem_precision, c.tail_precision, -c.frozen);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const Problem::Candidate& more_frozen = candidates[i - 1];
    Problem::Candidate& candidate = candidates[i];
    const bool same_curve = more_frozen.stem_precision == candidate.stem_precision &&
                            more_frozen.tail_precision == candidate.tail_precision;
    if (same_curve && candidate.tpr < more_frozen.tpr) {
      candidate.tpr = more_frozen.tpr;
      candidate.fpr = more_frozen.fpr;
    }
  }
  return candidates;
}

Quality candidate_quality(const EventStatistics& events, const Problem::Candidate& candidate, double fps) {
  if (!candidate.measured.empty()) return measured_quality(candidate.measured, fps);
  return event_quality(events, candidate.tpr, candidate.fpr, fps);
}

}  // namespace mainstream
