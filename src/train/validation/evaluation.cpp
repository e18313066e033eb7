// evaluate_on_clip: what candidates answer to a clip, beside what their packages promise.
#include <algorithm>

#include "event/frame_score.hpp"
#include "mainstream/trainer.hpp"
#include "train/clip_candidate.hpp"
#include "train/validation/evaluation.hpp"
#include "train/validation/network_scores.hpp"

namespace mainstream {
namespace {

// F1 of events at the full rate with one vote.
std::optional<double> f1_at(const Recording& recording, float threshold, double merge_gap_s) {
  return sum(replay_cells(recording, {threshold, 1, merge_gap_s}, recording.fps)).f1();
}

// The best F1 over about two hundred thresholds, evenly spaced among the sorted scores.
std::optional<double> best_f1(const Recording& recording, double merge_gap_s) {
  std::vector<float> scores = recording.scores;
  std::ranges::sort(scores);
  const std::size_t step = 1 + scores.size() / 200;
  std::optional<double> best;
  for (std::size_t i = 0; i < scores.size(); i += step) {
    const auto f1 = f1_at(recording, scores[i], merge_gap_s);
    if (!best || f1 > best) best = f1;
  }
  return best;
}

}  // namespace

CandidateEvaluation evaluate(const Manifest& manifest, const Candidate& candidate,
                             const Recording& recording) {
  const double gap_s = manifest.event.merge_gap_ms / 1000;
  const ErrorRates rates = error_rates(recording.scores, recording.truth, candidate.threshold);
  return {.app = manifest.app,
          .candidate = candidate.id,
          .branchpoint = candidate.branchpoint,
          .frozen_fraction = candidate.frozen_fraction,
          .area_under_roc = area_under_roc(recording.scores, recording.truth),
          .tpr = rates.tpr,
          .fpr = rates.fpr,
          .f1 = f1_at(recording, candidate.threshold, gap_s),
          .best_f1 = best_f1(recording, gap_s),
          .measured = measured_quality(recording, candidate.threshold, gap_s),
          .promised = candidate};
}

std::vector<CandidateEvaluation> evaluate_on_clip(const Base& base, std::span<const MPackage> packages,
                                                  const ClipData& data, const EvaluationOptions& options) {
  const Labels labels = read_labels(data.labels);
  std::vector<ScoredNetwork> networks;
  for (const MPackage& package : packages) {
    (void)labels.of(package.manifest().app);
    package.verify(base);
    for (const Candidate& candidate : package.manifest().candidates)
      networks.push_back({&package, &candidate});
  }
  const std::vector<Recording> recordings =
      score_networks(base, networks, data, labels, options, "evaluating");
  std::vector<CandidateEvaluation> results;
  for (std::size_t i = 0; i < networks.size(); ++i)
    results.push_back(evaluate(networks[i].package->manifest(), *networks[i].candidate, recordings[i]));
  return results;
}

}  // namespace mainstream
