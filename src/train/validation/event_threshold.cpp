// How often each threshold finds and misses the clip's events is counted once, event by event (replay_cells);
// a threshold chosen without a stretch then takes no more than leaving its events out of the sums.
// docs/training.md, "Measuring again on a clip of the camera", has what other rules gave.
#include "train/validation/event_threshold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "event/cells.hpp"
#include "mainstream/error.hpp"
#include "train/exits/sigmoid_fit.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kThresholds = 64;
constexpr double kHighest = 10;  // log odds

// Evenly spaced between -kHighest and kHighest, whatever the scores are, so that no stretch has a say in
// them.
double log_odds_of(std::size_t threshold) {
  return kHighest * (2 * static_cast<double>(threshold) / (kThresholds - 1) - 1);
}

// What each threshold gives on each event's stretch of time.
class ThresholdCounts {
 public:
  ThresholdCounts(const Recording& recording, const ScoringCells& cells) {
    for (std::size_t i = 0; i < kThresholds; ++i)
      counts_.push_back(counts_at(static_cast<float>(probability_of(log_odds_of(i))), recording, cells));
  }

  // Without the events from `first` up to `end`.
  [[nodiscard]] float best_without(std::size_t first, std::size_t end) const {
    std::vector<double> f1;
    for (const Counts& counts : counts_)
      f1.push_back(alarms_too_often(counts.others, first, end) ? -1 : f1_without(counts.rates, first, end));
    const auto best = std::ranges::max_element(f1);
    auto low = best, high = best;
    while (low != f1.begin() && *std::prev(low) >= *best - recipe::kNearlyBest) --low;
    while (std::next(high) != f1.end() && *std::next(high) >= *best - recipe::kNearlyBest) ++high;
    const auto at = [&](const auto& place) {
      return log_odds_of(static_cast<std::size_t>(place - f1.begin()));
    };
    return static_cast<float>(probability_of((at(low) + at(high)) / 2));
  }

 private:
  using CellsByVotes = std::vector<std::vector<EventCounts>>;  // [votes][event]

  // Frames outside of events.
  struct Others {
    double all = 0, positive = 0;
  };
  struct Counts {
    std::vector<CellsByVotes> rates;
    std::vector<Others> others;  // by event
  };

  static Counts counts_at(float threshold, const Recording& recording, const ScoringCells& cells) {
    Counts counts;
    for (const double rate : {recording.fps, recording.fps * recipe::kLowerRate}) {
      CellsByVotes& votes = counts.rates.emplace_back();
      for (const int number : recipe::kFewVotes)
        votes.push_back(replay_cells(recording, {threshold, number, 1}, rate));
    }
    for (std::size_t cell = 0; cell < cells.size(); ++cell) {
      Others& others = counts.others.emplace_back();
      for (auto frame = static_cast<std::size_t>(cells.frames(cell).first);
           frame <= static_cast<std::size_t>(cells.frames(cell).last); ++frame) {
        if (recording.truth[frame]) continue;
        ++others.all;
        others.positive += recording.scores[frame] >= threshold ? 1 : 0;
      }
    }
    return counts;
  }

  // Where events are frequent, always yes has a good F1, but is no answer.
  static bool alarms_too_often(const std::vector<Others>& others, std::size_t first, std::size_t end) {
    Others kept;
    for (std::size_t cell = 0; cell < others.size(); ++cell) {
      if (first <= cell && cell < end) continue;
      kept.all += others[cell].all;
      kept.positive += others[cell].positive;
    }
    return kept.positive > recipe::kMostAlarms * kept.all;
  }

  static double f1_without(const std::vector<CellsByVotes>& rates, std::size_t first, std::size_t end) {
    double mean = 0;
    for (const CellsByVotes& by_votes : rates) {
      double best = 0;
      for (const std::vector<EventCounts>& cells : by_votes) {
        EventCounts kept = sum(std::span(cells).first(first));
        kept += sum(std::span(cells).subspan(end));
        best = std::max(best, kept.f1().value_or(0));
      }
      mean += best / static_cast<double>(rates.size());
    }
    return mean;
  }

  std::vector<Counts> counts_;  // by threshold
};

}  // namespace

EventThreshold choose_event_threshold(const Recording& recording) {
  const std::vector<FrameRange> events = runs_of(recording.truth, 0, std::ssize(recording.truth));
  if (events.size() < 2)
    throw Error(ErrorKind::usage, fmt::format("expected at least 2 events, got {}", events.size()));
  const ScoringCells cells(events, {.fps = recording.fps, .frames = {0, std::ssize(recording.truth) - 1}});
  const ThresholdCounts counts(recording, cells);
  EventThreshold chosen;
  chosen.threshold = counts.best_without(0, 0);
  const std::size_t stretches = std::min(recipe::kStretches, events.size());
  for (std::size_t stretch = 0; stretch < stretches; ++stretch) {
    const std::size_t first = stretch * events.size() / stretches;
    const std::size_t end = (stretch + 1) * events.size() / stretches;
    const float threshold = counts.best_without(first, end);
    for (std::int64_t frame = cells.frames(first).first; frame <= cells.frames(end - 1).last; ++frame)
      chosen.unseen.push_back(recording.scores[static_cast<std::size_t>(frame)] >= threshold);
  }
  return chosen;
}

}  // namespace mainstream
