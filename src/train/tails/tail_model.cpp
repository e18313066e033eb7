#include "train/tails/tail_model.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "mainstream/error.hpp"
#include "train/recipe.hpp"
#include "train/stopped.hpp"
#include "train/tails/tail_graph.hpp"
#include "train/torch/adamw.hpp"
#include "train/torch/device.hpp"
#include "train/torch/graph_module.hpp"
#include "train/torch/torch_ops.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kPredictBatch = 64;

// Rethrows libtorch's errors as ours, without the stack trace.
template <typename Work>
void in_torch(const Work& work) {
  try {
    work();
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::failed, std::string("libtorch: ") + error.what_without_backtrace());
  }
}

// Clips the gradients' joint norm (Pascanu et al. 2013).
void clip_gradients(const std::vector<GraphModule::Parameter>& parameters, double most) {
  std::vector<at::Tensor> gradients, squares;
  for (const GraphModule::Parameter& parameter : parameters) {
    if (!parameter.value.grad().defined()) continue;
    gradients.push_back(parameter.value.grad());
    squares.push_back(gradients.back().square().sum());
  }
  if (gradients.empty()) return;
  const at::Tensor known = at::stack(squares).to(at::kCPU);  // waits for the device once
  const double norm =
      std::sqrt(std::accumulate(known.data_ptr<float>(), known.data_ptr<float>() + known.numel(), 0.0));
  if (norm <= most) return;
  for (at::Tensor& gradient : gradients) gradient.mul_(most / norm);
}

}  // namespace

double rate_at(double progress) {
  constexpr double kWarmUp = 0.1;
  if (progress < kWarmUp) return progress / kWarmUp;
  return 0.5 * (1 + std::cos(std::numbers::pi * (progress - kWarmUp) / (1 - kWarmUp)));
}

struct TailModel::State {
  const c10::Device device;
  GraphModule module;
  const FeatureSource& features;
  const TailOptions options;
  AdamW optimiser;
  std::mt19937_64 random;
  std::vector<at::Tensor> sums = {};  // sums of the parameters over the averaged steps
  std::int64_t summed = 0;

  State(const Graph& start, const FeatureSource& source, const TailOptions& how, std::uint64_t seed)
      : device(device_named(how.device)),
        module(start, start.inputs.front(), device),
        features(source),
        options(how),
        optimiser(how.weight_decay),
        random(seed) {
    module.learn_in_bf16(how.number_type == NumberType::bf16);
    // In the order of execution, biases behind their weights: the later a layer, the faster it learns.
    const auto& parameters = module.parameters();
    double rate = 1;
    for (std::size_t i = parameters.size(); i-- > 0;) {
      const GraphModule::Parameter& parameter = parameters[i];
      const bool is_head = is_of_head(parameter.name);
      optimiser.add(parameter.value, is_head ? recipe::kHeadRate : rate);
      if (!is_head && parameter.value.dim() > 1) rate *= recipe::kRateByLayer;
    }
  }

  [[nodiscard]] at::Tensor batch(std::span<const TailRow> rows) const {
    Shape shape = features.shape();
    const auto size = static_cast<std::size_t>(element_count(shape));
    shape.front() = static_cast<std::int64_t>(rows.size());
    const at::Tensor inputs = at::empty(shape, at::kFloat);
    for (std::size_t i = 0; i < rows.size(); ++i)
      features.read(rows[i].row, std::span(inputs.data_ptr<float>() + i * size, size));
    return inputs.to(device);
  }

  void step(std::span<const TailRow> rows, const TailExamples& examples, double rate) {
    const auto count = static_cast<std::int64_t>(rows.size());
    const at::Tensor targets = at::empty({count}, at::kLong);
    const at::Tensor before = at::zeros({count, static_cast<std::int64_t>(examples.classes)}, at::kFloat);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      targets.data_ptr<std::int64_t>()[i] = examples.labels[rows[i].example];
      if (examples.logits.empty()) continue;
      std::ranges::copy(examples.logits.subspan(rows[i].example * examples.classes, examples.classes),
                        before.data_ptr<float>() + i * examples.classes);
    }
    at::cross_entropy_loss(module.forward(batch(rows)) + before.to(device), targets.to(device)).backward();
    clip_gradients(module.parameters(), recipe::kMostGradient);
    optimiser.step(rate * options.learning_rate);
  }

  void add_to_sums() {
    const at::NoGradGuard no_gradients;
    if (sums.empty()) {
      for (const GraphModule::Parameter& parameter : module.parameters())
        sums.push_back(at::zeros_like(parameter.value));
      for (at::Tensor& sum : sums) sum.set_requires_grad(false);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i].add_(module.parameters()[i].value);
    ++summed;
  }
};

TailModel::TailModel(const Graph& start, const FeatureSource& features, const TailOptions& options,
                     std::uint64_t seed)
    : state_(std::make_unique<State>(start, features, options, seed)) {}
TailModel::~TailModel() = default;
TailModel::TailModel(TailModel&&) noexcept = default;
TailModel& TailModel::operator=(TailModel&&) noexcept = default;

void TailModel::train(std::span<const TailRow> rows, const TailExamples& examples, double from, double to,
                      const std::stop_token& stop) {
  std::vector<TailRow> order(rows.begin(), rows.end());
  std::ranges::shuffle(order, state_->random);
  in_torch([&] {
    for (std::size_t begin = 0; begin < order.size(); begin += state_->options.batch) {
      throw_if(stop);
      const std::size_t size = std::min(state_->options.batch, order.size() - begin);
      const double middle = static_cast<double>(begin) + static_cast<double>(size) / 2;
      const double progress = from + (to - from) * middle / static_cast<double>(order.size());
      state_->step(std::span(order).subspan(begin, size), examples, rate_at(progress));
      if (progress >= recipe::kAverageFrom) state_->add_to_sums();
    }
  });
}

std::vector<float> TailModel::predict(std::span<const TailRow> rows, const std::stop_token& stop) const {
  std::vector<float> logits;
  in_torch([&] {
    const at::NoGradGuard no_gradients;
    for (std::size_t begin = 0; begin < rows.size(); begin += kPredictBatch) {
      throw_if(stop);
      const auto part = rows.subspan(begin, std::min(kPredictBatch, rows.size() - begin));
      const at::Tensor answer = state_->module.forward(state_->batch(part)).to(at::kCPU).contiguous();
      const float* values = answer.data_ptr<float>();
      logits.insert(logits.end(), values, values + answer.numel());
    }
  });
  return logits;
}

void TailModel::take_average() {
  if (state_->summed == 0) return;
  const at::NoGradGuard no_gradients;
  const auto& parameters = state_->module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].value.copy_(state_->sums[i] / static_cast<double>(state_->summed));
  state_->sums.clear();
  state_->summed = 0;
}

Graph TailModel::trained() const {
  return state_->module.trained();
}

void set_model_threads(int threads) {
  at::set_num_threads(threads);
}

}  // namespace mainstream
