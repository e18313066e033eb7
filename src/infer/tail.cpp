#include <fmt/format.h>

#include "infer/compile.hpp"
#include "infer/ports.hpp"
#include "infer/stem.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

struct Tail::State {
  std::shared_ptr<Stem::State> stem;  // whose memory the plan reads
  std::size_t branchpoint = 0;
  std::string output;
  Plan plan;
};

namespace {

void check_fit(const Stem::State& stem, std::size_t branchpoint, const Graph& tail) {
  const Shape there(stem.at(branchpoint).layout.dims());
  if (tail.inputs.size() != 1 || tail.outputs.size() != 1)
    throw Error(ErrorKind::untrusted, fmt::format("{} has {} inputs and {} outputs; a tail has one of each",
                                                  tail.name, tail.inputs.size(), tail.outputs.size()));
  if (tail.shape(tail.inputs.front()) != there)
    throw Error(ErrorKind::untrusted, fmt::format("{} reads {}, but the stem's '{}' is {}", tail.name,
                                                  to_string(tail.shape(tail.inputs.front())),
                                                  stem.branchpoints[branchpoint], to_string(there)));
}

}  // namespace

Tail::Tail(const Stem& stem, std::size_t branchpoint, const Graph& tail, Precision precision,
           const Ranges& ranges) {
  check_fit(*stem.state(), branchpoint, tail);
  const Placed& input = stem.state()->at(branchpoint);
  state_ = std::make_unique<State>(State{
      .stem = stem.state(),
      .branchpoint = branchpoint,
      .output = tail.outputs.front(),
      .plan = compile(stem.state()->plan.engine, {.graph = tail,
                                                  .outputs = tail.outputs,
                                                  .outside = {{tail.inputs.front(), input}},
                                                  .precisions = {tail.nodes.size(), precision},
                                                  .ranges = ranges}),
  });
}

Tail::~Tail() = default;
Tail::Tail(Tail&&) noexcept = default;
Tail& Tail::operator=(Tail&&) noexcept = default;

std::span<const float> Tail::run() {
  (void)state_->stem->computed(state_->branchpoint);
  state_->plan.run();
  return view_of(state_->plan.tensor(state_->output));
}

EngineMemory Tail::memory() const {
  return state_->plan.memory();
}

}  // namespace mainstream
