#include "infer/layer_times.hpp"

#include <fmt/format.h>

#include <fstream>
#include <random>

#include "infer/compile.hpp"
#include "infer/measure.hpp"
#include "infer/ports.hpp"

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

}  // namespace

LayerTimes measure_layers(const Engine& engine, const Graph& graph, const std::vector<std::string>& kept,
                          NumberType number_type, const Ranges& ranges, std::chrono::milliseconds duration) {
  Plan plan = compile(
      EngineAccess::state(engine),
      {.graph = graph, .kept = kept, .number_types = {graph.nodes.size(), number_type}, .ranges = ranges});
  fill_input(plan, graph.inputs.front());
  // Alternates whole runs with runs that time each step, so that a disturbance affects both.
  std::vector<std::vector<double>> timed_runs;
  const Timing whole =
      measure([&] { plan.run(); }, duration, [&] { timed_runs.push_back(plan.run_timed()); });
  return {.layer_ms = by_node(plan, typical_steps(std::move(timed_runs)), graph.nodes.size()),
          .whole = whole};
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

std::string engine_version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace mainstream
