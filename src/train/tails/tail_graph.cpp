#include "train/tails/tail_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// The spatial head's channels: enough to tell people from background, few enough that the linear layer over
// all positions stays small.
constexpr std::int64_t kPerPosition = 16;

class HeadBuilder {
 public:
  HeadBuilder(Graph& graph, std::uint64_t seed) : graph_(graph), random_(seed) {}

  void add_average(std::int64_t classes) {
    const std::int64_t channels = shape().at(1);
    add(op::GlobalPool{}, "pool");
    add(op::Reshape{{channels}}, "flat");
    add_linear("linear", channels, classes);
  }

  void add_spatial(std::int64_t classes) {
    const std::int64_t channels = shape().at(1);
    const double spread = std::sqrt(2.0 / static_cast<double>(channels));  // He et al. 2015
    add(op::Conv{}, "conv",
        {weights("conv/weight", {kPerPosition, channels, 1, 1}, spread),
         weights("conv/bias", {kPerPosition}, 0)});
    add(op::Activation{op::Activation::Kind::relu}, "relu");
    const std::int64_t size = element_count(shape());
    add(op::Reshape{{size}}, "flat");
    add_linear("linear", size, classes);
  }

 private:
  [[nodiscard]] std::string& output() { return graph_.outputs.front(); }
  [[nodiscard]] const Shape& shape() { return graph_.shape(output()); }

  void add_linear(const std::string& name, std::int64_t size, std::int64_t classes) {
    add(op::Gemm{}, name,
        {weights(name + "/weight", {classes, size}, 0), weights(name + "/bias", {classes}, 0)});
  }

  std::string weights(const std::string& name, const Shape& shape, double spread) {
    std::normal_distribution<double> normal(0, 1);
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    if (spread > 0) {
      for (float& value : values) value = static_cast<float>(spread * normal(random_));
    }
    graph_.constants[kHeadPrefix + name] = make_tensor(shape, std::move(values));
    return kHeadPrefix + name;
  }

  void add(const Op& operation, const std::string& name, const std::vector<std::string>& constants = {}) {
    Node node{operation, {output()}, kHeadPrefix + name};
    node.inputs.insert(node.inputs.end(), constants.begin(), constants.end());
    output() = node.output;
    graph_.nodes.push_back(std::move(node));
    infer_shapes(graph_);
  }

  Graph& graph_;
  std::mt19937_64 random_;
};

void check_names(const Graph& graph) {
  const std::string prefix = kHeadPrefix;
  const auto check = [&](const std::string& name) {
    if (name.starts_with(prefix)) {
      throw Error(ErrorKind::unsupported, graph.name + ": name " + name + " begins with " + prefix +
                                              ", which is reserved for the trainer");
    }
  };
  for (const auto& [name, shape] : graph.shapes) check(name);
  for (const auto& [name, tensor] : graph.constants) check(name);
}

// Appends the exit's nodes, which read the tail's tensors, to the tail.
void append(const Graph& exit, Graph& tail) {
  for (const Node& node : exit.nodes) {
    if (tail.shapes.contains(node.output))
      throw Error(ErrorKind::unsupported,
                  fmt::format("{}: name '{}' is reserved for the trainer", tail.name, node.output));
  }
  tail.nodes.insert(tail.nodes.end(), exit.nodes.begin(), exit.nodes.end());
  tail.constants.insert(exit.constants.begin(), exit.constants.end());
}

// The linear layers whose sum an activation is.
std::vector<const Node*> summands(const Graph& graph, const std::string& activation) {
  const auto node = std::ranges::find(graph.nodes, activation, &Node::output);
  if (node != graph.nodes.end() && std::holds_alternative<op::Gemm>(node->op)) return {&*node};
  const auto* binary = node != graph.nodes.end() ? std::get_if<op::Binary>(&node->op) : nullptr;
  if (binary == nullptr || binary->kind != op::Binary::Kind::add)
    throw Error(ErrorKind::usage, graph.name + ": '" + activation + "' is not a sum of linear layers");
  std::vector<const Node*> all;
  for (const std::string& input : node->inputs) {
    const std::vector<const Node*> found = summands(graph, input);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

Tensor scaled(const Tensor& tensor, double slope) {
  std::vector<float> values(*tensor.data);
  for (float& value : values) value = static_cast<float>(slope * value);
  return make_tensor(tensor.shape, std::move(values));
}

}  // namespace

const char* to_string(HeadKind kind) {
  return kind == HeadKind::average ? "average" : "spatial";
}

Graph new_tail(const Base& base, const Branchpoint& branchpoint, HeadKind kind, std::int64_t classes,
               std::uint64_t seed) {
  Graph tail = tail_of(stem_of(base.graph, base.features), branchpoint.tensor);
  check_names(tail);
  HeadBuilder head(tail, seed);
  if (kind == HeadKind::spatial) {
    head.add_spatial(classes);
  } else {
    head.add_average(classes);
  }
  return tail;
}

bool is_of_head(const std::string& constant) {
  return constant.starts_with(kHeadPrefix) || constant.starts_with("exit/");
}

Graph tail_with_head(const Base& base, const Branchpoint& branchpoint, const Graph& head) {
  Graph tail = tail_of(stem_of(base.graph, base.features), branchpoint.tensor);
  append(head, tail);
  tail.outputs = head.outputs;
  infer_shapes(tail);
  return tail;
}

Graph tail_with_exit(Graph tail, const Graph& exit) {
  const std::string sum = std::string(kHeadPrefix) + "sum";
  append(exit, tail);
  tail.nodes.push_back({op::Binary{}, {tail.outputs.front(), exit.outputs.front()}, sum});
  tail.outputs = {sum};
  infer_shapes(tail);
  return tail;
}

void scale_logits(Graph& graph, double slope, std::span<const float> offset) {
  bool is_first = true;
  for (const Node* layer : summands(graph, graph.outputs.front())) {
    for (std::size_t input = 1; input < layer->inputs.size(); ++input) {
      Tensor& tensor = graph.constants.at(layer->inputs[input]);
      tensor = scaled(tensor, slope);
    }
    if (!std::exchange(is_first, false)) continue;
    Tensor& bias = graph.constants.at(layer->inputs.at(2));
    std::vector<float> values(*bias.data);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += offset[i];
    bias = make_tensor(bias.shape, std::move(values));
  }
}

}  // namespace mainstream
