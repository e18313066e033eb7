#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "infer/access.hpp"
#include "infer/compile.hpp"
#include "infer/ports.hpp"
#include "infer/stem.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

struct Tail::State {
  std::shared_ptr<StemState> stem;  // the plan reads its memory
  std::size_t branchpoint = 0;
  std::string output;
  Plan plan;
};

namespace {

// The index of the stem's branchpoint that is the tail's input of this name.
std::size_t place_of(const StemState& stem, const Graph& tail, const std::string& input) {
  const auto place = stem.find(input);
  if (!place)
    throw Error(ErrorKind::untrusted,
                fmt::format("{} reads '{}', expected one of the stem's branchpoints: {}", tail.name, input,
                            joined(stem.branchpoints, ", ")));
  const Shape there(stem.at(*place).layout.dims());
  if (tail.shape(input) != there)
    throw Error(ErrorKind::untrusted, fmt::format("{} reads {}, but the stem's '{}' is {}", tail.name,
                                                  to_string(tail.shape(input)), input, to_string(there)));
  return *place;
}

std::size_t deepest_of(const StemState& stem, const Graph& tail) {
  if (tail.inputs.empty() || tail.outputs.size() != 1)
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected a tail with inputs and one output, got {} inputs and {} outputs",
                            tail.name, tail.inputs.size(), tail.outputs.size()));
  std::size_t deepest = 0;
  for (const std::string& input : tail.inputs) deepest = std::max(deepest, place_of(stem, tail, input));
  return deepest;
}

Plan compile_behind(const StemState& stem, const Graph& tail, NumberType number_type, const Ranges& ranges) {
  std::map<std::string, Placed> outside;
  for (const std::string& input : tail.inputs) outside[input] = stem.plan.tensor(input);
  return compile(stem.plan.engine, {.graph = tail,
                                    .outputs = tail.outputs,
                                    .outside = std::move(outside),
                                    .number_types = {tail.nodes.size(), number_type},
                                    .ranges = ranges});
}

}  // namespace

Tail::Tail(const Stem& stem, const Graph& tail, NumberType number_type, const Ranges& ranges) {
  const std::size_t branchpoint = deepest_of(*EngineAccess::state(stem), tail);
  state_ = std::make_unique<State>(
      State{.stem = EngineAccess::state(stem),
            .branchpoint = branchpoint,
            .output = tail.outputs.front(),
            .plan = compile_behind(*EngineAccess::state(stem), tail, number_type, ranges)});
}

Tail::~Tail() = default;
Tail::Tail(Tail&&) noexcept = default;
Tail& Tail::operator=(Tail&&) noexcept = default;

std::size_t Tail::branchpoint() const {
  return state_->branchpoint;
}

std::span<const float> Tail::run() {
  (void)state_->stem->computed(state_->branchpoint);
  state_->plan.run();
  return view_of(state_->plan.tensor(state_->output));
}

std::vector<StepInfo> Tail::steps() const {
  return state_->plan.step_infos();
}

EngineMemory Tail::memory() const {
  return state_->plan.memory();
}

}  // namespace mainstream
