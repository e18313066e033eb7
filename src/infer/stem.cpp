#include "infer/stem.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/passes.hpp"
#include "infer/compile.hpp"
#include "infer/measure.hpp"
#include "infer/ports.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// The number of the base's nodes before the tensor.
std::size_t nodes_before(const Graph& base, const std::string& tensor) {
  if (std::find(base.inputs.begin(), base.inputs.end(), tensor) != base.inputs.end()) return 0;
  const auto node = std::find_if(base.nodes.begin(), base.nodes.end(),
                                 [&](const Node& candidate) { return candidate.output == tensor; });
  if (node == base.nodes.end())
    throw Error(ErrorKind::usage, fmt::format("{} has no tensor '{}' to branch at", base.name, tensor));
  return static_cast<std::size_t>(node - base.nodes.begin()) + 1;
}

// The base up to its last branchpoint.
Graph part_before(const Graph& base, const std::vector<std::string>& branchpoints) {
  if (branchpoints.empty())
    throw Error(ErrorKind::usage, "expected at least one branchpoint for a stem, got none");
  if (base.inputs.size() != 1)
    throw Error(ErrorKind::unsupported,
                fmt::format("{} has {} inputs, expected one: only then can apps share it", base.name,
                            base.inputs.size()));
  std::size_t before = 0;
  for (std::size_t i = 0; i < branchpoints.size(); ++i) {
    const std::size_t nodes = nodes_before(base, branchpoints[i]);
    if (i > 0 && nodes <= before)
      throw Error(ErrorKind::usage, fmt::format("branchpoint '{}' does not come after '{}' in {}",
                                                branchpoints[i], branchpoints[i - 1], base.name));
    before = nodes;
  }
  return stem_of(base, branchpoints.back());
}

// Each node's number type is that of its segment.
std::vector<NumberType> by_node(const Graph& part, const std::vector<std::string>& branchpoints,
                                const std::vector<NumberType>& by_segment) {
  if (by_segment.empty()) return std::vector<NumberType>(part.nodes.size(), NumberType::f32);
  if (by_segment.size() != branchpoints.size())
    throw Error(ErrorKind::usage, fmt::format("expected a number type for each of {} branchpoints, got {}",
                                              branchpoints.size(), by_segment.size()));
  std::vector<NumberType> number_types;
  for (std::size_t i = 0; i < branchpoints.size(); ++i)
    number_types.resize(nodes_before(part, branchpoints[i]), by_segment[i]);
  return number_types;
}

}  // namespace

std::optional<std::size_t> Stem::State::find(const std::string& tensor) const {
  const auto found = std::find(branchpoints.begin(), branchpoints.end(), tensor);
  if (found == branchpoints.end()) return std::nullopt;
  return static_cast<std::size_t>(found - branchpoints.begin());
}

const Placed& Stem::State::at(std::size_t branchpoint) const {
  if (branchpoint >= branchpoints.size())
    throw Error(ErrorKind::usage,
                fmt::format("expected a branchpoint below {}, got {}", branchpoints.size(), branchpoint));
  return plan.tensor(branchpoints[branchpoint]);
}

const Placed& Stem::State::computed(std::size_t branchpoint) const {
  const Placed& tensor = at(branchpoint);
  if (!loaded || done < tensor.ready)
    throw Error(ErrorKind::usage, fmt::format("the stem has not run to '{}' yet", branchpoints[branchpoint]));
  return tensor;
}

Stem::Stem(const Engine& engine, const Graph& base, const std::vector<std::string>& branchpoints,
           const std::vector<NumberType>& number_types, const Ranges& ranges) {
  const Graph part = part_before(base, branchpoints);
  state_ = std::make_shared<State>(State{
      .input = base.inputs.front(),
      .branchpoints = branchpoints,
      .plan = compile(EngineAccess::state(engine), {.graph = part,
                                                    .kept = branchpoints,
                                                    .number_types = by_node(part, branchpoints, number_types),
                                                    .ranges = ranges}),
  });
}

Stem::~Stem() = default;
Stem::Stem(Stem&&) noexcept = default;
Stem& Stem::operator=(Stem&&) noexcept = default;

void Stem::load(std::span<const float> input) {
  copy_in(state_->plan.tensor(state_->input), input, state_->input);
  state_->done = 0;
  state_->loaded = true;
}

void Stem::run_to(std::size_t branchpoint) {
  if (!state_->loaded) throw Error(ErrorKind::usage, "the stem has no frame loaded");
  const std::size_t end = state_->at(branchpoint).ready;
  state_->plan.run(state_->done, std::max(end, state_->done));
  state_->done = std::max(end, state_->done);
}

const std::vector<std::string>& Stem::branchpoints() const {
  return state_->branchpoints;
}

std::vector<float> Stem::read(std::size_t branchpoint) const {
  return state_->plan.read(state_->computed(branchpoint));
}

std::vector<StepInfo> Stem::steps() const {
  return state_->plan.step_infos();
}

EngineMemory Stem::memory() const {
  return state_->plan.memory();
}

std::vector<StepInfo> Stem::profile(int repetitions) {
  return with_times(state_->plan, step_medians(state_->plan, repetitions));
}

}  // namespace mainstream
