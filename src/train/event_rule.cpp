#include "train/event_rule.hpp"

namespace mainstream {
namespace {

EventCounts replayed(const Judged& candidate, const RuleChoice& rule, double rate) {
  return sum(replay_cells(candidate.recording, {candidate.threshold, rule.votes, rule.merge_gap_s}, rate));
}

}  // namespace

RuleChoice choose_rule(std::span<const Judged> candidates) {
  // A different rule must win by more than what a few events more or less found by chance make.
  constexpr double kClearly = 0.02;
  const auto quality = [&](const RuleChoice& rule) {
    double total = 0, count = 0;
    for (const Judged& candidate : candidates) {
      for (const double rate : rate_grid(candidate.recording.fps)) {
        total += replayed(candidate, rule, rate).f1().value_or(0);
        ++count;
      }
    }
    return count > 0 ? total / count : 0;
  };
  RuleChoice best;
  double best_quality = quality(best) + kClearly;
  for (const int votes : {1, 2, 3}) {
    for (const double gap : {0.5, 1.0, 2.0, 3.0}) {
      const RuleChoice rule{votes, gap};
      const double value = quality(rule);
      if (value <= best_quality) continue;
      best = rule;
      best_quality = value;
    }
  }
  return best;
}

std::vector<MeasuredQuality> quality_by_rate(const Judged& candidate, const RuleChoice& rule) {
  std::vector<MeasuredQuality> table;
  for (const double rate : rate_grid(candidate.recording.fps)) {
    const EventCounts counts = replayed(candidate, rule, rate);
    table.push_back({.fps = rate,
                     .recall = counts.recall().value_or(0),
                     .precision = counts.precision().value_or(0),
                     .f1 = counts.f1().value_or(0),
                     .true_events = counts.found + counts.missed,
                     .detected_events = counts.found + counts.false_alarms});
  }
  return table;
}

}  // namespace mainstream
