#include "train/candidate_training.hpp"

#include <limits>

#include "train/parallel.hpp"

namespace mainstream {
namespace {

// A model with what it needs for its next epoch.
struct ModelTraining {
  std::span<const std::size_t> rows;
  std::vector<float> weights;  // of the classes
  Learner learner;
};

// The folds' models, then the final one, unless the only fold's model is it.
std::vector<ModelTraining> start_models(const Graph& start, const std::optional<CandidateWeights>& previous,
                                        const CandidateData& data, const CandidatePlan& plan) {
  std::vector<ModelTraining> models;
  const auto add = [&](std::span<const std::size_t> rows, const Graph* known) {
    Learner learner(start, data.features, data.labels, data.classes, plan.learner, plan.seed + models.size());
    if (known != nullptr) learner.load(*known);
    models.push_back({rows, class_weights(rows, data.labels, data.classes), std::move(learner)});
  };
  for (std::size_t i = 0; i < data.split.folds.size(); ++i) {
    add(data.split.folds[i].training, previous ? &previous->folds.at(i) : nullptr);
  }
  if (!data.split.everything.empty()) add(data.split.everything, previous ? &previous->final : nullptr);
  return models;
}

struct Judgement {
  double loss = 0;
  std::vector<float> probabilities;
};

// The loss over all folds' judged rows, each fold counting as its rows do.
Judgement judge(const std::vector<ModelTraining>& models, const CandidateData& data,
                const CandidatePlan& plan, const std::stop_token& stop) {
  const std::vector<Fold>& folds = data.split.folds;
  std::vector<std::vector<float>> answers(folds.size());
  parallel_for(folds.size(), plan.threads,
               [&](std::size_t i) { answers[i] = models[i].learner.predict(folds[i].judged, stop); });
  Judgement judgement;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const std::vector<std::size_t>& judged = folds[i].judged;
    judgement.loss += weighted_loss(answers[i], judged, data.labels, models[i].weights) *
                      static_cast<double>(judged.size());
    judgement.probabilities.insert(judgement.probabilities.end(), answers[i].begin(), answers[i].end());
    rows += judged.size();
  }
  judgement.loss /= static_cast<double>(rows);
  return judgement;
}

CandidateWeights weights_of(const std::vector<ModelTraining>& models, std::size_t folds) {
  CandidateWeights weights;
  for (std::size_t i = 0; i < folds; ++i) weights.folds.push_back(models[i].learner.trained());
  weights.final = models.back().learner.trained();
  return weights;
}

}  // namespace

TrainedCandidate train_candidate(const Graph& start, const std::optional<CandidateWeights>& previous,
                                 const CandidateData& data, const CandidatePlan& plan,
                                 const std::stop_token& stop, const EpochReport& report) {
  std::vector<ModelTraining> models = start_models(start, previous, data, plan);
  TrainedCandidate best;
  best.loss = std::numeric_limits<double>::infinity();
  for (int epoch = 0; epoch < plan.epochs && epoch - best.epochs < plan.patience; ++epoch) {
    parallel_for(models.size(), plan.threads, [&](std::size_t i) {
      models[i].learner.train(models[i].rows, models[i].weights, static_cast<double>(epoch) / plan.epochs,
                              static_cast<double>(epoch + 1) / plan.epochs, stop);
    });
    Judgement judgement = judge(models, data, plan, stop);
    report(judgement.loss);
    if (judgement.loss >= best.loss) continue;
    best.loss = judgement.loss;
    best.epochs = epoch + 1;
    best.judged = std::move(judgement.probabilities);
    best.weights = weights_of(models, data.split.folds.size());
  }
  return best;
}

}  // namespace mainstream
