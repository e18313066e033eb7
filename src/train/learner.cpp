#include "train/learner.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "mainstream/error.hpp"
#include "train/adamw.hpp"
#include "train/graph_module.hpp"
#include "train/head.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kPredictBatch = 32;

// What libtorch throws, as our error without its stack of frames.
template <typename Work>
auto in_torch(const Work& work) {
  try {
    return work();
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::failed, std::string("libtorch: ") + error.what_without_backtrace());
  }
}

}  // namespace

std::vector<float> class_weights(std::span<const std::size_t> rows, std::span<const int> labels,
                                 int classes) {
  std::vector<float> counts(static_cast<std::size_t>(classes), 0);
  for (const std::size_t row : rows) ++counts[static_cast<std::size_t>(labels[row])];
  const auto total = static_cast<float>(rows.size());
  for (float& count : counts) count = count > 0 ? total / (static_cast<float>(classes) * count) : 0;
  return counts;
}

double weighted_loss(std::span<const float> probabilities, std::span<const std::size_t> rows,
                     std::span<const int> labels, std::span<const float> weights) {
  double loss = 0, weight = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[rows[i]]);
    loss -= weights[label] * std::log(std::max(1e-12F, probabilities[i * weights.size() + label]));
    weight += weights[label];
  }
  return weight > 0 ? loss / weight : 0;
}

double rate_at(double progress) {
  constexpr double kWarmUp = 0.1;
  if (progress < kWarmUp) return progress / kWarmUp;
  return 0.5 * (1 + std::cos(std::numbers::pi * (progress - kWarmUp) / (1 - kWarmUp)));
}

struct Learner::State {
  GraphModule module;
  const FeatureSource& features;
  std::span<const int> labels;
  const int classes;
  const LearnerOptions options;
  AdamW optimiser;
  std::mt19937_64 random;

  State(const Graph& start, const FeatureSource& source, std::span<const int> row_labels, int class_count,
        const LearnerOptions& learner_options, std::uint64_t seed)
      : module(start, start.inputs.front()),
        features(source),
        labels(row_labels),
        classes(class_count),
        options(learner_options),
        optimiser(options.weight_decay),
        random(seed) {
    for (const GraphModule::Parameter& parameter : module.parameters()) {
      const bool is_head = parameter.name.starts_with(kHeadPrefix);
      optimiser.add(parameter.value, is_head ? options.head_factor : 1);
    }
  }

  [[nodiscard]] at::Tensor batch(std::span<const std::size_t> rows) const {
    Shape shape = features.shape();
    const auto size = static_cast<std::size_t>(element_count(shape));
    shape.front() = static_cast<std::int64_t>(rows.size());
    const at::Tensor inputs = at::empty(shape, at::kFloat);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      features.read(rows[i], std::span(inputs.data_ptr<float>() + i * size, size));
    }
    return inputs;
  }

  void step(std::span<const std::size_t> rows, const at::Tensor& weights, double rate) {
    const at::Tensor targets = at::empty({static_cast<std::int64_t>(rows.size())}, at::kLong);
    for (std::size_t i = 0; i < rows.size(); ++i) targets.data_ptr<std::int64_t>()[i] = labels[rows[i]];
    constexpr std::int64_t kIgnoreNone = -100;
    at::cross_entropy_loss(module.forward(batch(rows)), targets, weights, at::Reduction::Mean, kIgnoreNone,
                           options.label_smoothing)
        .backward();
    optimiser.step(rate * options.learning_rate);
  }
};

Learner::Learner(const Graph& start, const FeatureSource& features, std::span<const int> labels, int classes,
                 const LearnerOptions& options, std::uint64_t seed)
    : state_(std::make_unique<State>(start, features, labels, classes, options, seed)) {}
Learner::~Learner() = default;
Learner::Learner(Learner&&) noexcept = default;
Learner& Learner::operator=(Learner&&) noexcept = default;

void Learner::train(std::span<const std::size_t> rows, std::span<const float> weights, double from, double to,
                    const std::stop_token& stop) {
  std::vector<std::size_t> order(rows.begin(), rows.end());
  std::ranges::shuffle(order, state_->random);
  in_torch([&] {
    const at::Tensor class_weights = at::empty({state_->classes}, at::kFloat);
    std::ranges::copy(weights, class_weights.data_ptr<float>());
    for (std::size_t begin = 0; begin < order.size(); begin += state_->options.batch) {
      throw_if(stop);
      const std::size_t size = std::min(state_->options.batch, order.size() - begin);
      const double middle = static_cast<double>(begin) + static_cast<double>(size) / 2;
      const double progress = from + (to - from) * middle / static_cast<double>(order.size());
      state_->step(std::span(order).subspan(begin, size), class_weights, rate_at(progress));
    }
  });
}

std::vector<float> Learner::predict(std::span<const std::size_t> rows, const std::stop_token& stop) const {
  std::vector<float> probabilities;
  probabilities.reserve(rows.size() * static_cast<std::size_t>(state_->classes));
  in_torch([&] {
    const at::NoGradGuard no_gradients;
    for (std::size_t begin = 0; begin < rows.size(); begin += kPredictBatch) {
      throw_if(stop);
      const auto part = rows.subspan(begin, std::min(kPredictBatch, rows.size() - begin));
      const at::Tensor answer = at::softmax(state_->module.forward(state_->batch(part)), 1).contiguous();
      const float* values = answer.data_ptr<float>();
      probabilities.insert(probabilities.end(), values, values + answer.numel());
    }
  });
  return probabilities;
}

Graph Learner::trained() const {
  return state_->module.trained();
}

void Learner::load(const Graph& weights) {
  state_->module.load(weights);
}

void set_learner_threads(int threads) {
  at::set_num_threads(threads);
}

}  // namespace mainstream
