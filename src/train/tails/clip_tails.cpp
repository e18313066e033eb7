#include "train/tails/clip_tails.hpp"

#include "mainstream/calibration.hpp"
#include "mainstream/profile.hpp"
#include "train/candidate_place.hpp"
#include "train/exits/sigmoid_fit.hpp"
#include "train/tails/tail_answers.hpp"

namespace mainstream {
namespace {

// Log odds of present, from logits of absent and present.
std::vector<double> log_odds_of(std::span<const float> logits) {
  std::vector<double> log_odds;
  for (std::size_t i = 0; i < logits.size(); i += 2)
    log_odds.push_back(static_cast<double>(logits[i + 1]) - logits[i]);
  return log_odds;
}

// A tail with its log odds on frames that its models did not see.
struct Calibrated {
  ClipCandidate candidate;
  std::vector<double> unseen;
  double even_odds = 0;  // calibrated log odds where the raw ones are 0
};

Calibrated calibrate(const TailData& data, const TailStart& start, TrainedTail tail,
                     const std::vector<bool>& truth, double fps) {
  const std::vector<double> log_odds = log_odds_of(tail.unseen);
  const Sigmoid sigmoid = fit_sigmoid_in_time(log_odds, truth, {1, 0});
  scale_logits(tail.graph, sigmoid.slope,
               std::array{static_cast<float>(-sigmoid.offset / 2), static_cast<float>(sigmoid.offset / 2)});
  Calibrated calibrated{
      {.described = describe_place(data.base, CandidateKind::tail, {start.branchpoint.tensor}),
       .graph = std::move(tail.graph),
       .exact = {},
       .others = {}},
      {},
      sigmoid.offset};
  for (const double value : log_odds) calibrated.unseen.push_back(sigmoid.log_odds(value));
  calibrated.candidate.described.head = to_string(data.head);
  calibrated.candidate.exact = answers_of(calibrated.unseen, truth, fps, calibrated.even_odds);
  return calibrated;
}

// For number types other than f32: how much the shipped tails' answers move.
void measure_number_types(const TailData& data, std::span<Calibrated*> tails) {
  if (offered_number_types(data.base).empty()) return;
  std::vector<std::size_t> rows;
  for (const TailRow& row : data.plain) rows.push_back(row.row);
  std::vector<FinishedTail> finished;
  for (const Calibrated* tail : tails) {
    const ClipCandidate& candidate = tail->candidate;
    finished.push_back({data.base.branchpoint(candidate.described.branchpoint), candidate.graph});
  }
  std::vector<TailAnswers> answers = tail_answers(data.base, data.inputs, rows, finished, data.options);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    ClipCandidate& candidate = tails[i]->candidate;
    candidate.described.ranges = std::move(answers[i].ranges);
    const std::vector<double> exact = log_odds_of(answers[i].logits.at({NumberType::f32, NumberType::f32}));
    for (const auto& [pair, logits] : answers[i].logits) {
      if (pair == NumberTypes{NumberType::f32, NumberType::f32}) continue;
      std::vector<double> moved = log_odds_of(logits);
      for (std::size_t row = 0; row < moved.size(); ++row) moved[row] += tails[i]->unseen[row] - exact[row];
      const Recording& recording = candidate.exact.recording;
      candidate.others[pair] = answers_of(moved, recording.truth, recording.fps, tails[i]->even_odds);
    }
  }
}

}  // namespace

std::vector<std::vector<ClipCandidate>> describe_clip_tails(const TailData& data,
                                                            const std::vector<TailApp>& apps,
                                                            std::vector<std::vector<TrainedTail>> tails,
                                                            double fps) {
  std::vector<std::vector<Calibrated>> calibrated(apps.size());
  std::vector<Calibrated*> all;
  for (std::size_t app = 0; app < apps.size(); ++app) {
    std::vector<bool> truth;
    for (const int label : apps[app].labels) truth.push_back(label != 0);
    for (std::size_t i = 0; i < tails[app].size(); ++i)
      calibrated[app].push_back(calibrate(data, apps[app].starts[i], std::move(tails[app][i]), truth, fps));
  }
  for (std::vector<Calibrated>& of_app : calibrated) {
    for (Calibrated& tail : of_app) all.push_back(&tail);
  }
  measure_number_types(data, all);
  std::vector<std::vector<ClipCandidate>> candidates(apps.size());
  for (std::size_t app = 0; app < apps.size(); ++app) {
    for (Calibrated& tail : calibrated[app]) candidates[app].push_back(std::move(tail.candidate));
  }
  return candidates;
}

}  // namespace mainstream
