#include "train/replay.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mainstream {
namespace {

// Indices of the scored frames that are due at a rate; `phase` scored frames later than those of phase 0.
std::vector<std::size_t> due_frames(const Recording& recording, double rate, int phase) {
  const double share = std::min(1.0, rate / recording.scored_fps());
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < recording.scored.scores.size(); ++i) {
    const double place = static_cast<double>(i) + phase;
    if (std::floor((place + 1) * share + 1e-9) > std::floor(place * share + 1e-9)) due.push_back(i);
  }
  return due;
}

int phases(const Recording& recording, double rate) {
  return std::max(1, static_cast<int>(std::ceil(recording.scored_fps() / rate - 1e-9)));
}

std::vector<FrameRange> detect(const Recording& recording, float threshold, const EventRule& rule,
                               const std::vector<std::size_t>& due) {
  EventDetector detector(rule);
  std::vector<FrameRange> events;
  for (const std::size_t i : due) {
    const float score = recording.scored.scores[i];
    const auto over = detector.add(static_cast<std::int64_t>(i) * recording.step, score, score >= threshold);
    if (over) events.push_back(over->range);
  }
  if (const auto last = detector.finish()) events.push_back(last->range);
  return events;
}

// True events in stream frames of the stretch.
std::vector<FrameRange> true_events(const Recording& recording) {
  const auto size = static_cast<std::int64_t>(recording.scored.truth.size());
  std::vector<FrameRange> events = runs_of(recording.scored.truth, 0, size);
  for (FrameRange& event : events) {
    event.first *= recording.step;
    event.last = event.last * recording.step + recording.step - 1;
  }
  return events;
}

// Misses after misses, and misses with a frame after them, within events.
struct MissCounts {
  double misses = 0, pairs = 0, repeated = 0, frames = 0;
};

MissCounts count_misses(const Judged& judged, double rate) {
  MissCounts counts;
  const Scored& scored = judged.recording.scored;
  for (int phase = 0; phase < phases(judged.recording, rate); ++phase) {
    const std::vector<std::size_t> due = due_frames(judged.recording, rate, phase);
    for (std::size_t k = 0; k < due.size(); ++k) {
      if (!scored.truth[due[k]]) continue;
      const bool miss = scored.scores[due[k]] < judged.threshold;
      ++counts.frames;
      counts.misses += miss ? 1 : 0;
      const bool same_event = k + 1 < due.size() &&
                              std::all_of(scored.truth.begin() + static_cast<std::ptrdiff_t>(due[k]),
                                          scored.truth.begin() + static_cast<std::ptrdiff_t>(due[k + 1]) + 1,
                                          [](bool inside) { return inside; });
      if (!miss || !same_event) continue;
      ++counts.pairs;
      counts.repeated += scored.scores[due[k + 1]] < judged.threshold ? 1 : 0;
    }
  }
  return counts;
}

}  // namespace

std::vector<double> replay_rates(const Recording& recording) {
  const double highest = recording.scored_fps();
  std::vector<double> rates;
  for (int rate = 1; rate < highest - 1e-6; ++rate) rates.push_back(rate);
  rates.push_back(highest);
  return rates;
}

MeasuredQuality replay(const Recording& recording, float threshold, const RuleChoice& rule, double rate) {
  const std::vector<FrameRange> truth = true_events(recording);
  const EventRule event_rule{rule.votes,
                             static_cast<std::int64_t>(std::llround(rule.merge_gap_s * recording.fps))};
  MeasuredQuality sum{.fps = rate, .votes = rule.votes};
  double recalls = 0, scores = 0;
  const int count = phases(recording, rate);
  for (int phase = 0; phase < count; ++phase) {
    const EventScore score =
        score_events(truth, detect(recording, threshold, event_rule, due_frames(recording, rate, phase)));
    if (score.recall) ++recalls;
    if (score.f1) ++scores;
    sum.recall += score.recall.value_or(0);
    sum.precision += score.precision.value_or(0);
    sum.f1 += score.f1.value_or(0);
  }
  if (recalls > 0) sum.recall /= recalls;
  sum.precision /= count;
  if (scores > 0) sum.f1 /= scores;
  return sum;
}

RuleChoice choose_rule(std::span<const Judged> candidates) {
  // A different rule must win by more than what a few events more or less found by chance make.
  constexpr double kClearly = 0.02;
  const auto quality = [&](const RuleChoice& rule) {
    double sum = 0, count = 0;
    for (const Judged& candidate : candidates) {
      for (const double rate : replay_rates(candidate.recording)) {
        sum += replay(candidate.recording, candidate.threshold, rule, rate).f1;
        ++count;
      }
    }
    return count > 0 ? sum / count : 0;
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

std::optional<double> answer_correlation(const Judged& judged) {
  double sum = 0, rates = 0;
  for (const double rate : replay_rates(judged.recording)) {
    const MissCounts counts = count_misses(judged, rate);
    if (counts.pairs == 0 || counts.misses == counts.frames) continue;
    const double p = 1 - counts.misses / counts.frames;
    sum += std::clamp((counts.repeated / counts.pairs - (1 - p)) / p, 0.0, 1.0);
    ++rates;
  }
  if (rates == 0) return std::nullopt;
  return sum / rates;
}

}  // namespace mainstream
