// What trained candidates answer when they are computed less exactly than in f32.
#pragma once

#include <map>
#include <vector>

#include "train/app_training.hpp"

namespace mainstream {

// Of one candidate.
struct PrecisionAnswers {
  std::map<PrecisionPair, std::vector<float>> judged;  // like TrainedCandidate::judged
  Ranges ranges;  // of the final tail, over training rows; empty where no tail is in int8
};

// By app and candidate: the judged rows of each fold, run through the base's stem and that fold's tail by the
// engine, as runs do. Precisions are those that the base offers and the processor has; with none, nothing is
// done. Throws failed when stopped.
[[nodiscard]] std::vector<std::vector<PrecisionAnswers>> judge_precisions(
    const SharedData& shared, const std::vector<AppData>& apps, const std::vector<TrainedApp>& trained);

}  // namespace mainstream
