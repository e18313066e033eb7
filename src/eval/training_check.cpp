#include "event/replay.hpp"
#include "mainstream/experiments.hpp"

#include <algorithm>
#include <set>

#include "event/frame_score.hpp"

namespace mainstream {
namespace {

// Number of thresholds tried for the best in hindsight, spread evenly over the scores.
constexpr std::size_t kThresholds = 100;

std::vector<float> thresholds_of(const std::vector<float>& scores) {
  std::vector<float> sorted = scores;
  std::ranges::sort(sorted);
  std::set<float> chosen;
  for (std::size_t i = 0; i < kThresholds; ++i) {
    chosen.insert(sorted[i * (sorted.size() - 1) / (kThresholds - 1)]);
  }
  return {chosen.begin(), chosen.end()};
}

std::optional<double> f1_at(const std::vector<Recording>& parts, float threshold, double merge_gap_s) {
  EventCounts counts;
  for (const Recording& part : parts) {
    counts += sum(replay_cells(part, {threshold, 1, merge_gap_s}, part.fps));
  }
  return counts.f1();
}

bool holds(const Interval& interval, double value) {
  return interval.low <= value && value <= interval.high;
}

CandidateCheck check(const Manifest& manifest, const Candidate& candidate,
                     const std::vector<Recording>& parts) {
  Recording all;
  for (const Recording& part : parts) {
    all.scores.insert(all.scores.end(), part.scores.begin(), part.scores.end());
    all.truth.insert(all.truth.end(), part.truth.begin(), part.truth.end());
  }
  const ErrorRates rates = error_rates(all.scores, all.truth, candidate.threshold);
  CandidateCheck check;
  check.app = manifest.app;
  check.candidate = candidate.id;
  check.frozen_fraction = candidate.frozen_fraction;
  check.area = area_under_roc(all.scores, all.truth);
  check.promised_tpr = candidate.tpr;
  check.promised_fpr = candidate.fpr;
  check.observed_tpr = rates.tpr;
  check.observed_fpr = rates.fpr;
  check.tpr_within = holds(candidate.tpr_interval, rates.tpr);
  check.fpr_within = holds(candidate.fpr_interval, rates.fpr);
  const double gap_s = manifest.event.merge_gap_ms / 1000;
  check.f1 = f1_at(parts, candidate.threshold, gap_s);
  if (!check.f1) return check;
  check.best_f1 = check.f1;
  for (const float threshold : thresholds_of(all.scores)) {
    check.best_f1 = std::max(*check.best_f1, *f1_at(parts, threshold, gap_s));
  }
  return check;
}

}  // namespace

std::optional<double> CandidateCheck::lost_f1() const {
  if (!f1) return std::nullopt;
  return *best_f1 - *f1;
}

std::vector<CandidateCheck> check_candidates(const Mix& mix, const ClipScores& scores) {
  std::vector<CandidateCheck> checks;
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const Manifest& manifest = mix.apps[a].manifest();
    for (const Candidate& candidate : manifest.candidates) {
      const auto parts = scores.recordings[a].find({candidate.id, {}});
      if (parts != scores.recordings[a].end()) checks.push_back(check(manifest, candidate, parts->second));
    }
  }
  return checks;
}

}  // namespace mainstream
