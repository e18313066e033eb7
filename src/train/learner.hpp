// One model in training: a tail's graph, an optimiser and the rows of features that it learns from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "mainstream/graph.hpp"
#include "train/features.hpp"

namespace mainstream {

struct LearnerOptions {
  double learning_rate = 1e-3;  // peak, of the base's weights
  double head_factor = 2;       // the head's rate is so many times as high
  double weight_decay = 0.05;
  // Aims at so much less than certainty (Szegedy et al. 2016): without it models of few pictures grow so sure
  // that one wrong answer decides the validation loss, and with it which epoch is kept.
  double label_smoothing = 0.1;
  std::size_t batch = 16;
};

// How much each class counts, so that all classes together weigh the same: n / (classes * n of the class).
// A class without examples counts nothing.
[[nodiscard]] std::vector<float> class_weights(std::span<const std::size_t> rows, std::span<const int> labels,
                                               int classes);

// Weighted mean cross-entropy of predicted probabilities [rows x classes].
[[nodiscard]] double weighted_loss(std::span<const float> probabilities, std::span<const std::size_t> rows,
                                   std::span<const int> labels, std::span<const float> weights);

// The learning rate's course over a training: 0 to 1 by a tenth of it, then down to 0 as a half cosine.
[[nodiscard]] double rate_at(double progress);

// One thread at a time; several learners may share features and labels.
class Learner {
 public:
  // `start` reads one row of features and ends in logits [1, classes]; all of it is trained. `labels` are per
  // row of the features.
  Learner(const Graph& start, const FeatureSource& features, std::span<const int> labels, int classes,
          const LearnerOptions& options, std::uint64_t seed);
  ~Learner();
  Learner(Learner&&) noexcept;
  Learner& operator=(Learner&&) noexcept;

  // One pass over the rows in a new random order, being the part `from`..`to` (0..1) of the whole training.
  // The loss is weighted with `weights` per class. Throws failed when stopped.
  void train(std::span<const std::size_t> rows, std::span<const float> weights, double from, double to,
             const std::stop_token& stop);

  // Probabilities [rows x classes].
  [[nodiscard]] std::vector<float> predict(std::span<const std::size_t> rows,
                                           const std::stop_token& stop) const;

  [[nodiscard]] Graph trained() const;

  // Takes over the weights of another graph's constants of the same names and shapes.
  void load(const Graph& weights);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// libtorch's threads, for all learners of the process: each uses so many.
void set_learner_threads(int threads);

}  // namespace mainstream
