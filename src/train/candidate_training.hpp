// Training of one candidate: a model per fold to judge by, and the final one.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "train/learner.hpp"
#include "train/split.hpp"

namespace mainstream {

// The data of one app at one branchpoint.
struct CandidateData {
  const FeatureSource& features;
  std::span<const int> labels;  // per row
  int classes = 2;
  const Split& split;
};

struct CandidatePlan {
  LearnerOptions learner;
  int epochs = 8;    // at most
  int patience = 3;  // epochs without a better validation loss that end the training
  std::uint64_t seed = 1;
  int threads = 1;  // models side by side
};

// Weights: those of the folds' models, and those that go into the package.
struct CandidateWeights {
  std::vector<Graph> folds;
  Graph final;
};

struct TrainedCandidate {
  CandidateWeights weights;
  int epochs = 0;   // of the best validation loss
  double loss = 0;  // mean over all judged rows, classes weighted alike
  // Of all judged rows, by the model that did not learn from them: [rows x classes], fold after fold.
  std::vector<float> judged;
};

using EpochReport = std::function<void(double loss)>;

// Trains the folds' models and the final one side by side, watching the folds' common validation loss: its
// best epoch gives the answers by which the candidate is judged, and the weights of all. All begin as
// `start`, with what `previous` knows already. Throws failed when stopped.
[[nodiscard]] TrainedCandidate train_candidate(const Graph& start,
                                               const std::optional<CandidateWeights>& previous,
                                               const CandidateData& data, const CandidatePlan& plan,
                                               const std::stop_token& stop, const EpochReport& report);

}  // namespace mainstream
