// One tail in training: its graph, an optimiser, and the average of its weights.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"
#include "mainstream/number_type.hpp"
#include "train/data/features.hpp"

namespace mainstream {

struct TailOptions {
  double learning_rate = 0;  // at its peak, in the base's last layer; earlier layers learn slower
  double weight_decay = 0.05;
  std::size_t batch = 16;
  std::string device = "cpu";  // see TrainOptions::device
  // f32, or bf16 (GraphModule::learn_in_bf16), to learn in; answers are computed in f32.
  NumberType number_type = NumberType::f32;
};

// A row of features to learn from or to answer, and the example that it shows. An example may have several
// rows.
struct TailRow {
  std::size_t row = 0, example = 0;
};

// Labels and known logits of the examples.
struct TailExamples {
  std::span<const int> labels;  // by example
  std::size_t classes = 2;
  std::span<const float> logits;  // [examples x classes] to which the tail adds its own; empty: zeros
};

// The learning rate schedule: rises from 0 to 1 over the first tenth of the training, then falls to 0 as a
// half cosine.
[[nodiscard]] double rate_at(double progress);

// One thread at a time; several models may share features.
class TailModel {
 public:
  // `start` reads one row of features and ends in logits [1, classes]; all of it is trained.
  TailModel(const Graph& start, const FeatureSource& features, const TailOptions& options,
            std::uint64_t seed);
  ~TailModel();
  TailModel(TailModel&&) noexcept;
  TailModel& operator=(TailModel&&) noexcept;

  // One pass over the rows in a new random order, being the part `from`..`to` (0..1) of the whole training,
  // by the unweighted cross-entropy of the sums of both logits. Throws failed when stopped.
  void train(std::span<const TailRow> rows, const TailExamples& examples, double from, double to,
             const std::stop_token& stop);

  // The tail's own logits [rows x classes].
  [[nodiscard]] std::vector<float> predict(std::span<const TailRow> rows, const std::stop_token& stop) const;

  // Replaces the weights by their average over the last half of the training (Izmailov et al. 2018).
  void take_average();

  [[nodiscard]] Graph trained() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Sets libtorch's number of threads per operation, for all models of the process.
void set_model_threads(int threads);

}  // namespace mainstream
