#include <fmt/format.h>

#include <algorithm>

#include "infer/access.hpp"
#include "infer/compile.hpp"
#include "infer/measure.hpp"
#include "infer/ports.hpp"
#include "infer/profile_alone.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

struct Network::State {
  std::string name;
  std::vector<std::string> inputs, outputs;
  Plan plan;
};

Network::Network(const Engine& engine, const Graph& graph, NumberType number_type, const Ranges& ranges)
    : state_(std::make_unique<State>(State{
          .name = graph.name,
          .inputs = graph.inputs,
          .outputs = graph.outputs,
          .plan = compile(EngineAccess::state(engine), {.graph = graph,
                                                        .outputs = graph.outputs,
                                                        .number_types = {graph.nodes.size(), number_type},
                                                        .ranges = ranges}),
      })) {}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

std::vector<std::span<const float>> Network::run(std::span<const std::span<const float>> inputs) {
  if (inputs.size() != state_->inputs.size())
    throw Error(ErrorKind::usage, fmt::format("{}: expected {} inputs, got {}", state_->name,
                                              state_->inputs.size(), inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    copy_in(state_->plan.tensor(state_->inputs[i]), inputs[i], state_->inputs[i]);
  state_->plan.run();
  std::vector<std::span<const float>> outputs;
  for (const auto& name : state_->outputs) outputs.push_back(view_of(state_->plan.tensor(name)));
  return outputs;
}

std::span<const float> Network::run(std::span<const float> input) {
  if (state_->outputs.size() != 1)
    throw Error(ErrorKind::usage,
                fmt::format("{} has {} outputs, expected one", state_->name, state_->outputs.size()));
  return run(std::span(&input, 1)).front();
}

std::vector<StepInfo> Network::steps() const {
  return state_->plan.step_infos();
}

Timing Network::benchmark(std::chrono::milliseconds duration) {
  return measure([this] { state_->plan.run(); }, duration);
}

std::vector<StepInfo> Network::profile(int repetitions) {
  return with_times(state_->plan, step_medians(state_->plan, repetitions));
}

EngineMemory Network::memory() const {
  return state_->plan.memory();
}

std::vector<StepInfo> profile_alone(Network& network, int repetitions, bool cold_weights) {
  Plan& plan = EngineAccess::state(network).plan;
  const auto time = cold_weights ? step_alone_cold : step_alone;
  std::vector<double> medians;
  for (std::size_t step = 0; step < plan.steps.size(); ++step)
    medians.push_back(time(plan, step, repetitions));
  return with_times(plan, medians);
}

}  // namespace mainstream
