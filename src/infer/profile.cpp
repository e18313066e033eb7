#include "mainstream/profile.hpp"

#include <fmt/format.h>

#include <numeric>
#include <random>

#include "infer/compile.hpp"
#include "infer/measure.hpp"
#include "infer/ports.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

void fill_input(const Plan& plan, const std::string& name) {
  const Placed& input = plan.tensor(name);
  std::vector<float> values(view_of(input).size());
  std::minstd_rand random;  // any picture takes the same time
  std::uniform_real_distribution<float> distribution(-1, 1);
  for (float& value : values) value = distribution(random);
  copy_in(input, values, name);
}

// Adds each step's time to the node that it belongs to.
std::vector<double> by_node(const Plan& plan, const std::vector<double>& step_ms, std::size_t nodes) {
  std::vector<double> node_ms(nodes, 0);
  for (std::size_t i = 0; i < step_ms.size(); ++i) node_ms.at(plan.steps[i].node) += step_ms[i];
  return node_ms;
}

std::vector<std::string> tensors_of(const Base& base) {
  std::vector<std::string> tensors;
  for (const Branchpoint& branchpoint : base.branchpoints) tensors.push_back(branchpoint.tensor);
  return tensors;
}

}  // namespace

double Profile::range_ms(std::int64_t first, std::int64_t end) const {
  if (first < 0 || end < first || end > static_cast<std::int64_t>(layer_ms.size()))
    throw Error(ErrorKind::usage,
                fmt::format("layers {}..{} of a profile of {}", first, end, layer_ms.size()));
  return std::accumulate(layer_ms.begin() + first, layer_ms.begin() + end, 0.0);
}

Profile profile_base(const Engine& engine, const Base& base, Precision precision,
                     std::chrono::milliseconds duration) {
  const Graph stem = stem_of(base.graph, base.features);
  Plan plan = compile(engine.state(), {.graph = stem,
                                       .kept = tensors_of(base),
                                       .precisions = {stem.nodes.size(), precision},
                                       .ranges = base.ranges_for(precision)});
  fill_input(plan, stem.inputs.front());
  // Half of the time for whole runs, half for those where each step is timed, in turns: what disturbs one
  // disturbs the other.
  std::vector<std::vector<double>> timed_runs;
  const Timing whole =
      measure([&] { plan.run(); }, duration, [&] { timed_runs.push_back(plan.run_timed()); });
  return {.base_id = base.id,
          .processor = processor_name(),
          .threads = engine.threads(),
          .precision = precision,
          .layer_ms = by_node(plan, typical_steps(std::move(timed_runs)), stem.nodes.size()),
          .stem = whole,
          .scale_ms = {},
          .own_ms = {}};
}

}  // namespace mainstream
