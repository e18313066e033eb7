#include "mainstream/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>

#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

std::string to_string(const Shape& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

std::optional<std::int64_t> count_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || (size > 0 && count > std::numeric_limits<std::int64_t>::max() / size))
      return std::nullopt;
    count *= size;
  }
  return count;
}

std::int64_t element_count(const Shape& shape) {
  if (const auto count = count_of(shape)) return *count;
  throw Error(ErrorKind::untrusted, fmt::format("shape {} is impossible", to_string(shape)));
}

Tensor make_tensor(Shape shape, std::vector<float> data) {
  if (element_count(shape) != static_cast<std::int64_t>(data.size())) {
    throw Error(ErrorKind::untrusted,
                fmt::format("a tensor of shape {} was given {} values", to_string(shape), data.size()));
  }
  return {std::move(shape), std::make_shared<const std::vector<float>>(std::move(data))};
}

std::string op_name(const Op& op) {
  const std::string text = describe(op);
  return text.substr(0, text.find(' '));
}

std::string to_string(op::Activation::Kind kind) {
  using Kind = op::Activation::Kind;
  switch (kind) {
    case Kind::relu:
      return "relu";
    case Kind::clip:
      return "clip";
    case Kind::leaky_relu:
      return "leaky_relu";
    case Kind::elu:
      return "elu";
    case Kind::sigmoid:
      return "sigmoid";
    case Kind::hard_sigmoid:
      return "hard_sigmoid";
    case Kind::hard_swish:
      return "hard_swish";
    case Kind::swish:
      return "swish";
    case Kind::tanh:
      return "tanh";
  }
  return "activation";
}

std::string to_string(op::Binary::Kind kind) {
  using Kind = op::Binary::Kind;
  switch (kind) {
    case Kind::add:
      return "add";
    case Kind::sub:
      return "sub";
    case Kind::mul:
      return "mul";
    case Kind::div:
      return "div";
  }
  return "binary";
}

namespace {

const char* prefix(op::Pool::Kind kind) {
  return kind == op::Pool::Kind::max ? "max" : "average";
}

struct Describer {
  std::string operator()(const op::Conv& conv) const {
    return fmt::format("conv strides={} dilations={} pads={} groups={}", conv.strides, conv.dilations,
                       conv.pads, conv.groups);
  }
  std::string operator()(const op::Gemm&) const { return "gemm"; }
  std::string operator()(const op::Pool& pool) const {
    return fmt::format("{}_pool kernel={} strides={} dilations={} pads={} count_padding={} ceil={}",
                       prefix(pool.kind), pool.kernel, pool.strides, pool.dilations, pool.pads,
                       pool.count_padding, pool.ceil);
  }
  std::string operator()(const op::GlobalPool& pool) const {
    return fmt::format("global_{}_pool", prefix(pool.kind));
  }
  std::string operator()(const op::Activation& activation) const {
    return fmt::format("{} alpha={:a} beta={:a}", to_string(activation.kind), activation.alpha,
                       activation.beta);
  }
  std::string operator()(const op::Binary& binary) const { return to_string(binary.kind); }
  std::string operator()(const op::Concat& concat) const {
    return fmt::format("concat axis={}", concat.axis);
  }
  std::string operator()(const op::Softmax& softmax) const {
    return fmt::format("softmax axis={}", softmax.axis);
  }
  std::string operator()(const op::BatchNorm& norm) const {
    return fmt::format("batch_norm epsilon={:a}", norm.epsilon);
  }
  std::string operator()(const op::Lrn& lrn) const {
    return fmt::format("lrn size={} alpha={:a} beta={:a} bias={:a}", lrn.size, lrn.alpha, lrn.beta, lrn.bias);
  }
  std::string operator()(const op::Pad& pad) const {
    return fmt::format("pad pads={} value={:a}", pad.pads, pad.value);
  }
  std::string operator()(const op::Reshape& reshape) const {
    return fmt::format("reshape shape={}", to_string(reshape.shape));
  }
  std::string operator()(const op::Transpose& transpose) const {
    return fmt::format("transpose order={}", transpose.order);
  }
  std::string operator()(const op::ReduceMean& reduce) const {
    return fmt::format("reduce_mean axes={} keep_dims={}", reduce.axes, reduce.keep_dims);
  }
  std::string operator()(const op::Slice& slice) const {
    return fmt::format("slice axis={} begin={} end={} step={}", slice.axis, slice.begin, slice.end,
                       slice.step);
  }
};

}  // namespace

std::string describe(const Op& op) {
  return std::visit(Describer{}, op);
}

const Shape& Graph::shape(const std::string& activation) const {
  const auto found = shapes.find(activation);
  if (found == shapes.end()) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: has no activation '{}'", name, activation));
  }
  return found->second;
}

const Tensor& Graph::constant(const std::string& constant_name) const {
  const auto found = constants.find(constant_name);
  if (found == constants.end()) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: has no constant '{}'", name, constant_name));
  }
  return found->second;
}

std::set<std::string> values_behind(const Graph& graph, std::span<const std::string> values) {
  std::set<std::string> behind(values.begin(), values.end());
  for (const Node& node : graph.nodes) {
    if (std::ranges::any_of(node.inputs, [&](const std::string& name) { return behind.contains(name); }))
      behind.insert(node.output);
  }
  return behind;
}

void remove_dead(Graph& graph) {
  std::set<std::string> needed(graph.outputs.begin(), graph.outputs.end());
  std::vector<Node> alive;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (!needed.contains(node->output)) continue;
    needed.insert(node->inputs.begin(), node->inputs.end());
    alive.push_back(std::move(*node));
  }
  graph.nodes.assign(std::make_move_iterator(alive.rbegin()), std::make_move_iterator(alive.rend()));
  std::erase_if(graph.constants, [&](const auto& item) { return !needed.contains(item.first); });
  needed.insert(graph.inputs.begin(), graph.inputs.end());
  std::erase_if(graph.shapes, [&](const auto& item) { return !needed.contains(item.first); });
}

}  // namespace mainstream
