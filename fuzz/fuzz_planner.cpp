// Compiles the graphs that the ONNX reader accepts: each compiles or is refused, and its outputs agree with
// the reference.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "fuzzing.hpp"
#include "infer/reference.hpp"
#include "mainstream/calibration.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kSource = "model.onnx";
constexpr std::int64_t kMostElements = 1 << 18;  // larger networks find no more, and are slow
constexpr std::int64_t kMostWork = 1 << 22;

bool is_small(const Graph& graph) {
  std::int64_t elements = 0;
  for (const auto& [name, shape] : graph.shapes) elements += element_count(shape);
  for (const auto& [name, tensor] : graph.constants) elements += element_count(tensor.shape);
  std::int64_t work = 0;
  for (const Node& node : graph.nodes) work += multiply_adds(graph, node);
  return elements <= kMostElements && work <= kMostWork && graph.nodes.size() < 100;
}

std::vector<float> ramp(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.1F * static_cast<float>(i % 19) - 0.9F;
  return values;
}

// Sums of many large values depend on their order; NaN and huge numbers are not compared.
bool close(float a, float b, float largest) {
  return !(std::abs(b) < 1e6F) || !(largest < 1e6F) || std::abs(a - b) <= 1e-3F * std::max(1.0F, largest);
}

void check_results(const Graph& graph, Network& network) {
  std::map<std::string, std::vector<float>> inputs;
  std::vector<std::span<const float>> values;
  for (const std::string& name : graph.inputs) {
    values.emplace_back(inputs.emplace(name, ramp(graph.shape(name))).first->second);
  }
  const auto outputs = network.run(values);
  auto expected = run_reference(graph, inputs);
  // If an intermediate activation is not a small number, rounding decides the outputs.
  float largest = 0;
  for (const auto& [name, activation] : expected) {
    for (const float x : activation) largest = std::isfinite(x) ? std::max(largest, std::abs(x)) : INFINITY;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::vector<float>& wanted = expected.at(graph.outputs[i]);
    expect(outputs[i].size() == wanted.size(), "an output has the size of its shape");
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      expect(close(outputs[i][k], wanted[k], largest), graph.outputs[i] + " is " +
                                                           std::to_string(outputs[i][k]) + " instead of " +
                                                           std::to_string(wanted[k]));
    }
  }
}

// The coarser number types lose too much for a comparison: they must compile and run within their memory.
void check_number_types(const Engine& engine, const Graph& graph) {
  if (graph.inputs.size() != 1) return;
  const std::vector<std::vector<float>> inputs{ramp(graph.shape(graph.inputs.front()))};
  const std::span<const float> input(inputs.front());
  for (const NumberType number_type : {NumberType::bf16, NumberType::int8}) {
    if (!processor_has(number_type)) continue;
    accepts(kSource, [&] {
      const Ranges ranges =
          number_type == NumberType::int8 ? measure_ranges(engine, graph, inputs) : Ranges{};
      Network network(engine, graph, number_type, ranges);
      (void)network.run(std::span(&input, 1));
    });
  }
}

void run(std::string_view bytes) {
  static const Engine engine({.threads = 1});
  Graph graph;
  const auto parse = [&] {
    graph = parse_onnx(bytes, std::string(kSource));
    fold(graph);
  };
  if (!accepts(kSource, parse) || !is_small(graph)) return;
  std::unique_ptr<Network> network;
  if (!accepts(kSource, [&] { network = std::make_unique<Network>(engine, graph); })) return;
  check_results(graph, *network);
  check_number_types(engine, graph);
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
