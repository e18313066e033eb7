#include "event/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "event/cells.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr double kRates[] = {0.1, 0.2, 0.3, 0.5, 0.7, 1,  1.5, 2,  3,  4, 5,
                             6,   7,   8,   10,  12,  14, 16,  20, 25, 30};
constexpr std::int64_t kMaxPhases = 20;

// An even selection of frames: `wanted` of each `of` frames. Whole numbers, so that no frame hangs on
// rounding.
struct Selection {
  std::int64_t wanted = 1, of = 1, phases = 1;
};

Selection selection(double stream_fps, double rate) {
  if (!(rate > 0) || !std::isfinite(rate)) {
    throw Error(ErrorKind::usage, fmt::format("expected a rate above 0 frames per second, got {}", rate));
  }
  const double share = std::min(1.0, rate / stream_fps);
  for (std::int64_t of = 1; of <= kMaxPhases; ++of) {
    const double wanted = share * static_cast<double>(of);
    if (std::abs(wanted - std::round(wanted)) < 1e-9 && wanted > 0.5) return {std::llround(wanted), of, of};
  }
  constexpr std::int64_t kFine = std::int64_t{1} << 31;
  const auto wanted = std::llround(share * static_cast<double>(kFine));
  return {std::max<std::int64_t>(1, wanted), kFine, kMaxPhases};
}

std::vector<std::size_t> due_frames(std::size_t frames, const Selection& selection, std::int64_t phase) {
  const std::int64_t offset = selection.of / selection.phases * phase;
  std::vector<std::size_t> due;
  std::int64_t place = offset;  // in 1/of of a wanted frame; a frame is due when a whole number is passed
  for (std::size_t frame = 0; frame < frames; ++frame) {
    place += selection.wanted;
    if (place < selection.of) continue;
    place -= selection.of;
    due.push_back(frame);
  }
  return due;
}

// One recording against its truth.
class Replay {
 public:
  Replay(const Recording& recording, float threshold, double merge_gap_s)
      : recording_(recording), cells_(true_events(recording), options(recording)) {
    const double gap = merge_gap_s * recording.fps;
    if (!(gap >= 0 && gap <= 1e15)) {
      throw Error(ErrorKind::usage, fmt::format("expected a merge gap of at least 0 s, got {}", merge_gap_s));
    }
    merge_gap_ = std::llround(gap);
    for (const float score : recording.scores) positive_.push_back(score >= threshold);
  }

  [[nodiscard]] std::size_t cells() const { return cells_.size(); }
  [[nodiscard]] bool has_events() const { return !cells_.events().empty(); }

  // The mean counts over the phases, for each of `votes` and by cell.
  [[nodiscard]] std::vector<std::vector<EventCounts>> run(double rate, std::span<const int> votes) const {
    const Selection selected = selection(recording_.fps, rate);
    std::vector<std::vector<EventCounts>> counts(votes.size(), std::vector<EventCounts>(cells_.size()));
    for (std::int64_t phase = 0; phase < selected.phases; ++phase) {
      const std::vector<std::size_t> due = due_frames(positive_.size(), selected, phase);
      for (std::size_t i = 0; i < votes.size(); ++i) cells_.add(detect(due, votes[i]), counts[i]);
    }
    const auto phases = static_cast<double>(selected.phases);
    for (std::vector<EventCounts>& of_votes : counts) {
      for (EventCounts& cell : of_votes) {
        cell = {cell.found / phases, cell.missed / phases, cell.false_alarms / phases};
      }
    }
    return counts;
  }

 private:
  static ScoreOptions options(const Recording& recording) {
    return {.fps = recording.fps, .frames = {0, std::ssize(recording.truth) - 1}};
  }
  static std::vector<FrameRange> true_events(const Recording& recording) {
    if (recording.truth.empty() || recording.truth.size() != recording.scores.size()) {
      throw Error(ErrorKind::usage, fmt::format("a recording of {} scores and {} labels; as many of both are "
                                                "needed, and some",
                                                recording.scores.size(), recording.truth.size()));
    }
    return runs_of(recording.truth, 0, std::ssize(recording.truth));
  }
  [[nodiscard]] std::vector<FrameRange> detect(const std::vector<std::size_t>& due, int votes) const {
    EventDetector detector({votes, merge_gap_});
    std::vector<FrameRange> events;
    for (const std::size_t frame : due) {
      const auto over = detector.add(static_cast<std::int64_t>(frame), {}, 0, positive_[frame]);
      if (over) events.push_back(over->range);
    }
    if (const auto last = detector.finish()) events.push_back(last->range);
    return events;
  }

  const Recording& recording_;
  ScoringCells cells_;
  std::int64_t merge_gap_ = 0;
  std::vector<bool> positive_;
};

// Misses after misses, and misses with a frame after them, within events.
struct MissCounts {
  double misses = 0, pairs = 0, repeated = 0, frames = 0;
};

void count_misses(const Recording& recording, float threshold, const std::vector<std::size_t>& due,
                  const std::vector<std::int64_t>& event_of, MissCounts& counts) {
  for (std::size_t k = 0; k < due.size(); ++k) {
    if (!recording.truth[due[k]]) continue;
    const bool miss = !(recording.scores[due[k]] >= threshold);
    ++counts.frames;
    counts.misses += miss ? 1 : 0;
    if (!miss || k + 1 == due.size() || event_of[due[k + 1]] != event_of[due[k]]) continue;
    ++counts.pairs;
    counts.repeated += recording.scores[due[k + 1]] >= threshold ? 0 : 1;
  }
}

// The number of each frame's event; -1 outside.
std::vector<std::int64_t> events_by_frame(const std::vector<bool>& truth) {
  std::vector<std::int64_t> event_of(truth.size(), -1);
  std::int64_t event = -1;
  for (std::size_t frame = 0; frame < truth.size(); ++frame) {
    if (!truth[frame]) continue;
    if (frame == 0 || !truth[frame - 1]) ++event;
    event_of[frame] = event;
  }
  return event_of;
}

}  // namespace

std::vector<double> rate_grid(double stream_fps) {
  std::vector<double> rates;
  for (const double rate : kRates) {
    if (rate < stream_fps - 1e-6) rates.push_back(rate);
  }
  rates.push_back(stream_fps);
  return rates;
}

std::vector<EventCounts> replay_cells(const Recording& recording, const ReplayRule& rule, double rate) {
  const Replay replay(recording, rule.threshold, rule.merge_gap_s);
  return replay.run(rate, std::span(&rule.votes, 1)).front();
}

std::vector<ReplayQuality> replay_table(const Recording& recording, float threshold, double merge_gap_s) {
  const Replay replay(recording, threshold, merge_gap_s);
  if (!replay.has_events()) return {};
  const CellBootstrap bootstrap(replay.cells());
  std::vector<ReplayQuality> table;
  for (const double rate : rate_grid(recording.fps)) {
    const auto by_votes = replay.run(rate, kVotesGrid);
    for (std::size_t i = 0; i < by_votes.size(); ++i) {
      const EventCounts counts = sum(by_votes[i]);
      table.push_back({rate, kVotesGrid[i], counts.recall().value_or(0), counts.precision().value_or(0),
                       counts.f1().value_or(0), bootstrap.f1_error(by_votes[i])});
    }
  }
  return table;
}

std::optional<double> answer_correlation(const Recording& recording, float threshold) {
  const std::vector<std::int64_t> event_of = events_by_frame(recording.truth);
  double total = 0, rates = 0;
  for (const double rate : rate_grid(recording.fps)) {
    MissCounts counts;
    const Selection selected = selection(recording.fps, rate);
    for (std::int64_t phase = 0; phase < selected.phases; ++phase) {
      count_misses(recording, threshold, due_frames(recording.truth.size(), selected, phase), event_of,
                   counts);
    }
    if (counts.pairs == 0 || counts.misses == counts.frames) continue;
    const double p = 1 - counts.misses / counts.frames;
    total += std::clamp((counts.repeated / counts.pairs - (1 - p)) / p, 0.0, 1.0);
    ++rates;
  }
  if (rates == 0) return std::nullopt;
  return total / rates;
}

}  // namespace mainstream
