#include "distill/student.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "graph/passes.hpp"

namespace mainstream {
namespace {

Tensor filled(std::int64_t size, float value) {
  return make_tensor({size}, std::vector<float>(static_cast<std::size_t>(size), value));
}

Tensor drawn(const Shape& shape, std::mt19937_64& random) {
  const std::int64_t fan_in = element_count(shape) / shape[0];
  std::normal_distribution<float> normal(0, std::sqrt(2.0F / static_cast<float>(fan_in)));
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  std::generate(values.begin(), values.end(), [&] { return normal(random); });
  return make_tensor(shape, std::move(values));
}

// Convolution `node` without bias, then a batch normalisation that takes over its output's name.
Node normalised(Graph& graph, Node& node) {
  const std::string output = node.output;
  const std::int64_t channels = graph.shape(output)[1];
  node.inputs.resize(2);
  node.output = output + "/conv";
  Node norm{op::BatchNorm{1e-5F}, {node.output}, output};
  const auto add = [&](const char* suffix, float value) {
    const std::string name = output + suffix;
    graph.constants[name] = filled(channels, value);
    norm.inputs.push_back(name);
  };
  add("/scale", 1);
  add("/bias", 0);
  add("/mean", 0);
  add("/variance", 1);
  return norm;
}

}  // namespace

Graph with_new_weights(Graph graph, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    const bool conv = std::holds_alternative<op::Conv>(node.op);
    if (conv || std::holds_alternative<op::Gemm>(node.op)) {
      const std::string name = node.output + "/weights";  // its own, where nodes shared them
      graph.constants[name] = drawn(graph.constant(node.inputs[1]).shape, random);
      node.inputs[1] = name;
    }
    if (conv) {
      Node norm = normalised(graph, node);
      nodes.push_back(std::move(node));
      nodes.push_back(std::move(norm));
    } else {
      if (node.inputs.size() > 2 && std::holds_alternative<op::Gemm>(node.op)) {
        graph.constants[node.inputs[2]] = filled(graph.constant(node.inputs[2]).shape[0], 0);
      }
      nodes.push_back(std::move(node));
    }
  }
  graph.nodes = std::move(nodes);
  infer_shapes(graph);
  remove_dead(graph);
  return graph;
}

}  // namespace mainstream
