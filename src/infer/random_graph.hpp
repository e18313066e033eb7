// Graphs and values for tests, from a seed.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "graph/passes.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {

// Builds a graph node by node: shapes are inferred, constants random.
class GraphMaker {
 public:
  explicit GraphMaker(std::uint32_t seed) : random_(seed) { graph.name = "test-" + std::to_string(seed); }

  // A number from low to high, both included.
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool coin() { return whole(0, 1) == 1; }
  std::vector<float> values(std::int64_t count, float low = -1, float high = 1) {
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> result(static_cast<std::size_t>(count));
    for (float& value : result) value = distribution(random_);
    return result;
  }
  std::vector<float> values(const std::string& activation) {
    return values(element_count(graph.shape(activation)));
  }

  std::string input(Shape shape) {
    std::string name = "in" + std::to_string(graph.inputs.size());
    graph.inputs.push_back(name);
    graph.shapes[name] = std::move(shape);
    return name;
  }
  std::string constant(Shape shape, float low = -1, float high = 1) {
    std::string name = "c" + std::to_string(graph.constants.size());
    auto data = values(element_count(shape), low, high);
    graph.constants[name] = make_tensor(std::move(shape), std::move(data));
    return name;
  }
  std::string node(Op op, std::vector<std::string> inputs) {
    std::string name = "t" + std::to_string(graph.nodes.size());
    graph.nodes.push_back({std::move(op), std::move(inputs), name});
    infer_shapes(graph);
    return name;
  }
  // Weights scaled so that values keep their size from layer to layer.
  std::string conv(const std::string& x, std::int64_t outputs, std::int64_t kernel, op::Conv conv = {},
                   bool bias = true) {
    const std::int64_t channels = graph.shape(x)[1] / conv.groups;
    const float range = 1.7F / std::sqrt(static_cast<float>(channels * kernel * kernel));
    std::vector<std::string> inputs{x, constant({outputs, channels, kernel, kernel}, -range, range)};
    if (bias) inputs.push_back(constant({outputs}));
    return node(conv, inputs);
  }
  std::string relu(const std::string& x) { return node(op::Activation{}, {x}); }
  std::string add(const std::string& a, const std::string& b) { return node(op::Binary{}, {a, b}); }

  Graph graph;

 private:
  std::mt19937 random_;
};

// A small network with the parts of real ones: a strided first convolution, depthwise and pointwise
// convolutions, residual sums with and without projection, a concatenation, pooling and a linear end.
inline GraphMaker small_network(std::uint32_t seed, std::int64_t batch = 1) {
  GraphMaker m(seed);
  const std::string x = m.input({batch, 3, 20, 24});
  const std::string a = m.relu(m.conv(x, 16, 3, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}));
  const std::string b = m.relu(m.conv(a, 16, 3, {.pads = {1, 1, 1, 1}, .groups = 16}));
  const std::string c = m.add(m.conv(b, 16, 1), a);  // nothing after the sum
  const std::string d = m.relu(m.add(m.conv(c, 32, 3, {.pads = {1, 1, 1, 1}}), m.conv(c, 32, 1)));
  const std::string e = m.relu(m.add(d, m.conv(m.relu(m.conv(d, 24, 1)), 32, 1)));
  const std::string f = m.node(op::Concat{}, {m.relu(m.conv(e, 16, 1)), m.relu(m.conv(e, 48, 1)),
                                              m.node(op::Pool{.kernel = {3, 3}, .pads = {1, 1, 1, 1}}, {e})});
  const std::string g = m.node(op::GlobalPool{}, {m.relu(m.conv(f, 40, 1))});
  const std::string flat = m.node(op::Reshape{{40}}, {g});
  m.graph.outputs = {m.node(op::Gemm{}, {flat, m.constant({7, 40}), m.constant({7})})};
  return m;
}

inline std::vector<std::string> branchpoints_of(const Graph& graph) {
  std::vector<std::string> tensors;
  for (const auto& branchpoint : find_branchpoints(graph, find_features(graph)))
    tensors.push_back(branchpoint.tensor);
  return tensors;
}

}  // namespace mainstream
