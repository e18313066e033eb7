// Whether what packages promise is what unseen frames show, candidate by candidate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/clip_scores.hpp"

namespace mainstream {

// A candidate on frames that its training did not see, at the stream's rate with one vote.
struct CandidateCheck {
  std::string app, candidate;
  double frozen_fraction = 0;
  std::optional<double> area;  // under the ROC curve; nothing when all frames are of one kind
  double promised_tpr = 0, observed_tpr = 0;
  double promised_fpr = 0, observed_fpr = 0;
  bool tpr_within = false, fpr_within = false;  // the stated intervals hold what was observed
  std::optional<double> f1, best_f1;            // at the package's threshold; at the best one in hindsight
  [[nodiscard]] std::optional<double> lost_f1() const;
};

[[nodiscard]] std::vector<CandidateCheck> check_candidates(const Mix& mix, const ClipScores& scores);

}  // namespace mainstream
