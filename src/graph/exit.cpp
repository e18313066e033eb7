#include "graph/exit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

std::string names_of(std::span<const ExitLevel> levels) {
  std::string names;
  for (const ExitLevel& level : levels) names += (names.empty() ? "" : ", ") + level.tensor;
  return names;
}

// Builds the graph node by node. Its own names begin with a prefix that no tensor of the base has.
class ExitBuilder {
 public:
  ExitBuilder(std::span<const ExitLevel> levels, const std::string& output) {
    graph_.name = "exit at " + names_of(levels);
    graph_.outputs = {output};
    for (const ExitLevel& level : levels) add_input(level);
    const auto is_taken = [&](const std::string& input) { return input.starts_with(prefix_); };
    while (std::any_of(graph_.inputs.begin(), graph_.inputs.end(), is_taken)) prefix_ = "exit/" + prefix_;
    if (graph_.shapes.contains(output) || output.starts_with(prefix_))
      throw Error(ErrorKind::usage,
                  fmt::format("{}: the output cannot be named '{}': another tensor has that name",
                              graph_.name, output));
  }

  // The level's features, [1, features].
  std::string features(const ExitLevel& level, const std::string& number) {
    const Shape pooled = pooled_shape(level);
    const std::string picture = pool(level, pooled, prefix_ + "pool" + number);
    return node(op::Reshape{{element_count(pooled)}}, {picture}, prefix_ + "features" + number);
  }
  std::string constant(const std::string& name, const Tensor& tensor) {
    graph_.constants[prefix_ + name] = tensor;
    return prefix_ + name;
  }
  std::string node(Op op, std::vector<std::string> inputs, const std::string& name) {
    graph_.nodes.push_back({std::move(op), std::move(inputs), name});
    return name;
  }
  [[nodiscard]] std::string own(const std::string& name) const { return prefix_ + name; }

  // Makes the last node's output the graph's output.
  Graph finish() {
    graph_.nodes.back().output = graph_.outputs.front();
    infer_shapes(graph_);
    return std::move(graph_);
  }

 private:
  void add_input(const ExitLevel& level) {
    const auto [known, is_new] = graph_.shapes.try_emplace(level.tensor, level.shape);
    if (is_new) graph_.inputs.push_back(level.tensor);
    if (known->second != level.shape)
      throw Error(ErrorKind::usage,
                  fmt::format("{}: '{}' has two shapes, {} and {}", graph_.name, level.tensor,
                              to_string(known->second), to_string(level.shape)));
  }

  std::string pool(const ExitLevel& level, const Shape& pooled, const std::string& name) {
    using Kind = op::Pool::Kind;
    if (level.pooling.kind == ExitPooling::Kind::none) return level.tensor;
    const Kind kind = level.pooling.kind == ExitPooling::Kind::max ? Kind::max : Kind::average;
    if (pooled[2] == 1 && pooled[3] == 1) return node(op::GlobalPool{kind}, {level.tensor}, name);
    const op::Pair& window = level.pooling.window;
    const op::Pads rest{0, 0, pooled[2] * window[0] - level.shape[2], pooled[3] * window[1] - level.shape[3]};
    return node(op::Pool{.kind = kind, .kernel = window, .strides = window, .pads = rest}, {level.tensor},
                name);
  }

  Graph graph_;
  std::string prefix_ = "exit/";
};

void check_weights(std::span<const ExitLevel> levels, const Tensor& bias) {
  if (levels.empty()) throw Error(ErrorKind::usage, "an exit needs at least one level");
  if (bias.shape.size() != 1)
    throw Error(ErrorKind::usage,
                fmt::format("expected an exit's bias of shape [classes], got {}", to_string(bias.shape)));
  for (const ExitLevel& level : levels) {
    const Shape wanted{bias.shape[0], element_count(pooled_shape(level))};
    if (level.weights.shape != wanted)
      throw Error(ErrorKind::usage, fmt::format("exit at '{}': expected weights of {}, got {}", level.tensor,
                                                to_string(wanted), to_string(level.weights.shape)));
  }
}

// Walks a graph that may be an exit: from inputs to features, from there by products to their sum.
class ExitReader {
 public:
  explicit ExitReader(const Graph& graph) : graph_(graph) {}

  std::optional<std::string> structure() {
    if (graph_.outputs.size() != 1) return std::nullopt;
    for (const std::string& input : graph_.inputs) {
      labels_[input] = fmt::format("'{}'", input);
      text_ += fmt::format("{} {}\n", labels_[input], to_string(graph_.shape(input)));
    }
    for (const Node& node : graph_.nodes) {
      if (!read(node)) return std::nullopt;
      labels_[node.output] = std::to_string(labels_.size());
    }
    if (!products_.contains(graph_.outputs.front())) return std::nullopt;
    return text_ + labels_.at(graph_.outputs.front());
  }

 private:
  bool read(const Node& node) {
    if (std::holds_alternative<op::Gemm>(node.op)) return read_product(node);
    const auto* binary = std::get_if<op::Binary>(&node.op);
    const bool sums = binary != nullptr && binary->kind == op::Binary::Kind::add;
    const bool pools = std::holds_alternative<op::Pool>(node.op) ||
                       std::holds_alternative<op::GlobalPool>(node.op) ||
                       std::holds_alternative<op::Reshape>(node.op);
    if (!sums && !pools) return false;
    text_ += describe(node.op);
    for (const std::string& input : node.inputs) {
      const auto label = labels_.find(input);
      if (label == labels_.end() || products_.contains(input) != sums) return false;
      text_ += " " + label->second;
    }
    text_ += '\n';
    if (sums) products_.insert(node.output);
    return true;
  }

  bool read_product(const Node& node) {
    const auto label = labels_.find(node.inputs[0]);
    if (label == labels_.end() || products_.contains(node.inputs[0])) return false;
    const Shape& weights = graph_.constant(node.inputs[1]).shape;
    if (!products_.empty() && weights[0] != classes_) return false;
    classes_ = weights[0];
    text_ += fmt::format("{} {} {}\n", label->second, weights[1], node.inputs.size() > 2 ? "bias" : "");
    products_.insert(node.output);
    return true;
  }

  const Graph& graph_;
  std::string text_;
  std::map<std::string, std::string> labels_;  // an activation's name in the text
  std::set<std::string> products_;             // activations of [1, classes]
  std::int64_t classes_ = 0;
};

std::string free_name(const Graph& graph, std::string name) {
  while (graph.shapes.contains(name) || graph.constants.contains(name)) name += "'";
  return name;
}

// Concatenates this constant of all exits along the first dimension.
Tensor stacked(std::span<const Graph> exits, std::size_t node, std::size_t input) {
  Shape shape = exits.front().constant(exits.front().nodes[node].inputs[input]).shape;
  shape[0] = 0;
  std::vector<float> values;
  for (const Graph& exit : exits) {
    const Tensor& tensor = exit.constant(exit.nodes[node].inputs[input]);
    shape[0] += tensor.shape[0];
    values.insert(values.end(), tensor.data->begin(), tensor.data->end());
  }
  return make_tensor(shape, std::move(values));
}

}  // namespace

Shape pooled_shape(const ExitLevel& level) {
  const Shape& shape = level.shape;
  const op::Pair& window = level.pooling.window;
  const bool is_picture = shape.size() == 4 && shape[0] == 1 && *std::ranges::min_element(shape) > 0;
  if (!is_picture || window[0] < 1 || window[1] < 1)
    throw Error(
        ErrorKind::usage,
        fmt::format(
            "exit at '{}': expected a tensor of 1 x C x H x W and windows of at least 1 x 1, got {} and "
            "{} x {}",
            level.tensor, to_string(shape), window[0], window[1]));
  if (level.pooling.kind == ExitPooling::Kind::none) return shape;
  return {1, shape[1], (shape[2] - 1) / window[0] + 1, (shape[3] - 1) / window[1] + 1};
}

Graph feature_graph(const ExitLevel& level) {
  ExitBuilder builder(std::span(&level, 1), level.tensor == "features" ? "level/features" : "features");
  (void)builder.features(level, "");
  return builder.finish();
}

Graph exit_graph(std::span<const ExitLevel> levels, const Tensor& bias, const std::string& output) {
  check_weights(levels, bias);
  ExitBuilder builder(levels, output);
  std::string sum;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const std::string number = std::to_string(i);
    std::vector<std::string> factors{builder.features(levels[i], number),
                                     builder.constant("weights" + number, levels[i].weights)};
    if (i == 0) factors.push_back(builder.constant("bias", bias));
    const std::string product = builder.node(op::Gemm{}, std::move(factors), builder.own("product" + number));
    sum = i == 0 ? product : builder.node(op::Binary{}, {sum, product}, builder.own("sum" + number));
  }
  return builder.finish();
}

std::optional<std::string> exit_structure(const Graph& graph) {
  return ExitReader(graph).structure();
}

JoinedExits join_exits(std::span<const Graph> exits) {
  if (exits.empty()) throw Error(ErrorKind::usage, "no exits to join");
  const auto structure = exit_structure(exits.front());
  JoinedExits joined{.graph = exits.front(), .offsets = {0}};
  for (const Graph& exit : exits) {
    if (!structure || exit_structure(exit) != structure)
      throw Error(ErrorKind::usage,
                  fmt::format("{} and {} cannot be joined: they are not exits of one structure",
                              exits.front().name, exit.name));
    joined.offsets.push_back(joined.offsets.back() + exit.shape(exit.outputs.front()).back());
  }
  if (exits.size() == 1) return joined;
  for (std::size_t i = 0; i < joined.graph.nodes.size(); ++i) {
    Node& node = joined.graph.nodes[i];
    if (!std::holds_alternative<op::Gemm>(node.op)) continue;
    for (std::size_t input = 1; input < node.inputs.size(); ++input) {
      const std::string name = free_name(joined.graph, node.output + (input == 1 ? "/weights" : "/bias"));
      joined.graph.constants[name] = stacked(exits, i, input);
      node.inputs[input] = name;
    }
  }
  infer_shapes(joined.graph);
  remove_dead(joined.graph);
  return joined;
}

}  // namespace mainstream
