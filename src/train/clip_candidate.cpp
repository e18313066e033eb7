#include "train/clip_candidate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "event/frame_score.hpp"
#include "train/exits/sigmoid_fit.hpp"
#include "train/exits/threshold.hpp"
#include "train/validation/assessment.hpp"
#include "train/validation/candidate_choice.hpp"
#include "train/validation/rate_interval.hpp"

namespace mainstream {
namespace {

double right_frames(const ClipAnswers& answers) {
  const Recording& recording = answers.recording;
  double right = 0;
  for (std::size_t i = 0; i < recording.scores.size(); ++i)
    right += (recording.scores[i] >= answers.threshold) == recording.truth[i] ? 1 : 0;
  return right;
}

// By cell, at the full rate with the best votes.
std::vector<EventCounts> best_cells(const ClipAnswers& answers, double merge_gap_s) {
  std::vector<EventCounts> best;
  for (const int votes : kVotesGrid) {
    std::vector<EventCounts> cells =
        replay_cells(answers.recording, {answers.threshold, votes, merge_gap_s}, answers.recording.fps);
    if (best.empty() || sum(cells).f1().value_or(0) > sum(best).f1().value_or(0)) best = std::move(cells);
  }
  return best;
}

// Standard error of the difference of two F1 on the same cells; where the frames differ, the two count as
// independent.
double difference_error(const std::vector<EventCounts>& a, const std::vector<EventCounts>& b) {
  if (a.size() == b.size()) return CellBootstrap(a.size()).difference_error(a, b);
  return std::hypot(CellBootstrap(a.size()).f1_error(a), CellBootstrap(b.size()).f1_error(b));
}

double mean_f1(std::span<const ClipCandidate> candidates, double merge_gap_s) {
  double total = 0;
  for (const ClipCandidate& candidate : candidates) {
    const ClipAnswers& answers = candidate.exact;
    const auto cells =
        replay_cells(answers.recording, {answers.threshold, 1, merge_gap_s}, answers.recording.fps);
    total += sum(cells).f1().value_or(0);
  }
  return total / static_cast<double>(candidates.size());
}

// A second, unless another gap is better by more than what a few events more or less found by chance make.
double choose_merge_gap(std::span<const ClipCandidate> candidates) {
  constexpr double kClearly = 0.02;
  double best = 1, best_f1 = mean_f1(candidates, best) + kClearly;
  for (const double gap : {0.5, 2.0, 3.0}) {
    const double f1 = mean_f1(candidates, gap);
    if (f1 <= best_f1) continue;
    best = gap;
    best_f1 = f1;
  }
  return best;
}

double event_f1(const ClipCandidate& candidate) {
  return sum(best_cells(candidate.exact, 1)).f1().value_or(0);
}

}  // namespace

ClipAnswers answers_of(std::span<const double> log_odds, const std::vector<bool>& truth, double fps,
                       double even_odds) {
  ClipAnswers answers{{{}, truth, fps}, 0};
  for (const double value : log_odds)
    answers.recording.scores.push_back(static_cast<float>(probability_of(value)));
  answers.threshold = static_cast<float>(probability_of(middle_threshold(log_odds, truth, even_odds)));
  return answers;
}

std::vector<MeasuredQuality> measured_quality(const Recording& recording, float threshold,
                                              double merge_gap_s) {
  std::vector<MeasuredQuality> measured;
  for (const ReplayQuality& row : replay_table(recording, threshold, merge_gap_s)) {
    measured.push_back({.fps = row.fps,
                        .votes = row.votes,
                        .recall = row.recall,
                        .precision = row.precision,
                        .f1 = row.f1,
                        .f1_error = row.f1_error});
  }
  return measured;
}

AnswerQuality clip_quality(const ClipAnswers& answers, double merge_gap_s) {
  const Recording& recording = answers.recording;
  AnswerQuality quality;
  quality.threshold = answers.threshold;
  std::vector<bool> positive;
  for (const float score : recording.scores) positive.push_back(score >= answers.threshold);
  quality.top1 = right_frames(answers) / static_cast<double>(positive.size());
  const ErrorRates rates = error_rates(recording.scores, recording.truth, answers.threshold);
  quality.tpr = rates.tpr;
  quality.fpr = rates.fpr;
  quality.tpr_interval = interval_in_time(positive, recording.truth, true);
  quality.fpr_interval = interval_in_time(positive, recording.truth, false);
  quality.measured = measured_quality(recording, answers.threshold, merge_gap_s);
  quality.scores = score_table(recording.scores, recording.truth);
  return quality;
}

EventModel measure_events(const std::vector<bool>& labels, double fps,
                          std::span<const ClipCandidate> candidates) {
  const auto frames = std::ssize(labels);
  const auto events = static_cast<double>(runs_of(labels, 0, frames).size());
  const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), true));
  EventModel event;
  event.origin = EventModel::Origin::measured;
  event.length_ms = 1000 * positives / events / fps;
  event.frequency = positives / static_cast<double>(frames);
  double correlations = 0, known = 0;
  for (const ClipCandidate& candidate : candidates) {
    if (const auto correlation = answer_correlation(candidate.exact.recording, candidate.exact.threshold)) {
      correlations += *correlation;
      ++known;
    }
  }
  event.correlation = known > 0 ? correlations / known : 0;
  event.votes = 1;
  event.merge_gap_ms = 1000 * choose_merge_gap(candidates);
  return event;
}

double best_event_f1(std::span<const ClipCandidate> candidates) {
  return candidates.empty() ? 0 : event_f1(best_candidate(candidates));
}

const ClipCandidate& best_candidate(std::span<const ClipCandidate> candidates) {
  return *std::ranges::max_element(candidates, {}, [](const ClipCandidate& candidate) {
    return std::pair(event_f1(candidate), right_frames(candidate.exact));
  });
}

Packed pack_clip_candidates(const Base& base, const std::string& app,
                            std::span<const ClipCandidate> candidates, const EventModel& event) {
  const double merge_gap_s = event.merge_gap_ms / 1000;
  std::vector<std::vector<EventCounts>> cells;
  std::vector<Rival> rivals;
  for (const ClipCandidate& candidate : candidates) {
    cells.push_back(best_cells(candidate.exact, merge_gap_s));
    rivals.push_back(
        rival_of(base, candidate.described, candidate.graph, sum(cells.back()).f1().value_or(0)));
  }
  const std::vector<std::size_t> kept =
      choose_candidates(app, "event F1 at the full rate", rivals,
                        [&](std::size_t a, std::size_t b) { return difference_error(cells[a], cells[b]); });
  Packed packed;
  for (const std::size_t i : kept) {
    Candidate candidate = candidates[i].described;
    static_cast<AnswerQuality&>(candidate) = clip_quality(candidates[i].exact, merge_gap_s);
    candidate.validation_size = std::ssize(candidates[i].exact.recording.scores);
    for (const auto& [pair, answers] : candidates[i].others)
      candidate.number_types[pair] = clip_quality(answers, merge_gap_s);
    packed.candidates.push_back(std::move(candidate));
    packed.graphs.push_back(candidates[i].graph);
  }
  return packed;
}

}  // namespace mainstream
