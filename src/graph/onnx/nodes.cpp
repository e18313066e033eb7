#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>

#include "core/text.hpp"
#include "graph/onnx/import.hpp"
#include "graph/ops.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Nodes = std::vector<Node>;

constexpr std::int64_t kMaxWindow = 1 << 16;  // a kernel, stride or dilation

Nodes one(Op op, std::vector<std::string> inputs) {
  return {{std::move(op), std::move(inputs), ""}};
}

op::Pair pair_of(const OnnxNode& node, const char* name) {
  const auto values = node.integers(name);
  if (values.empty()) return {1, 1};
  if (values.size() != 2)
    node.unsupported(fmt::format("{} has {} values; only 2-D can be run", name, values.size()));
  return {values[0], values[1]};
}

// The pads, given or computed from auto_pad.
op::Pads pads_of(const OnnxNode& node, const op::Pair& kernel, const op::Pair& strides,
                 const op::Pair& dilations) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "VALID") return {0, 0, 0, 0};
  if (automatic == "NOTSET") {
    const auto pads = node.integers("pads");
    if (pads.empty()) return {0, 0, 0, 0};
    if (pads.size() != 4) node.unsupported("pads must have 4 values; only 2-D can be run");
    return {pads[0], pads[1], pads[2], pads[3]};
  }
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER")
    node.untrusted("auto_pad is '" + automatic + "'");
  const Shape& x = node.shape(0);
  op::Pads pads{};
  for (std::size_t i = 0; i < 2; ++i) {
    for (const std::int64_t value : {kernel[i], strides[i], dilations[i]}) {
      if (value < 1 || value > kMaxWindow || x.size() != 4)
        node.untrusted("its window does not fit its input");
    }
    const std::int64_t out = (x[i + 2] + strides[i] - 1) / strides[i];
    const std::int64_t reach = (kernel[i] - 1) * dilations[i] + 1;
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[i] + reach - x[i + 2]);
    pads[i] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    pads[i + 2] = total - pads[i];
  }
  return pads;
}

void check_finite(const OnnxNode& node, std::size_t input) {
  const auto& values = node.floats(input);
  if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
    node.untrusted(fmt::format("weights '{}' are not all finite", node.input(input)));
  }
}

Nodes conv(const OnnxNode& node, Graph&) {
  const Shape& weights = node.shape(1);
  if (weights.size() != 4)
    node.unsupported(fmt::format("weights are {}; only 2-D can be run", to_string(weights)));
  check_finite(node, 1);
  op::Conv conv;
  conv.strides = pair_of(node, "strides");
  conv.dilations = pair_of(node, "dilations");
  conv.pads = pads_of(node, {weights[2], weights[3]}, conv.strides, conv.dilations);
  conv.groups = node.integer("group", 1);
  std::vector<std::string> inputs{node.input(0), node.input(1)};
  if (node.has(2)) {
    check_finite(node, 2);
    inputs.push_back(node.input(2));
  }
  return one(conv, inputs);
}

// The constant weights of an inner product as [M, K], transposed and scaled if the file stores them
// otherwise.
std::string inner_weights(const OnnxNode& node, Graph& graph, bool transposed, float alpha) {
  const Shape& shape = node.shape(1);
  if (shape.size() != 2) node.unsupported(fmt::format("weights are {}", to_string(shape)));
  check_finite(node, 1);
  if (transposed && alpha == 1) return node.input(1);
  const auto& values = node.floats(1);
  const std::int64_t rows = transposed ? shape[0] : shape[1];
  const std::int64_t columns = transposed ? shape[1] : shape[0];
  std::vector<float> out(values.size());
  for (std::int64_t m = 0; m < rows; ++m) {
    for (std::int64_t k = 0; k < columns; ++k) {
      out[static_cast<std::size_t>(m * columns + k)] =
          alpha * values[static_cast<std::size_t>(transposed ? m * columns + k : k * rows + m)];
    }
  }
  std::string name = node.fresh_name("_weights");
  graph.constants[name] = make_tensor({rows, columns}, std::move(out));
  return name;
}

// One value per output, times beta; a single one stands for all.
std::string inner_bias(const OnnxNode& node, Graph& graph, std::int64_t outputs) {
  check_finite(node, 2);
  const Shape& shape = node.shape(2);
  const auto& given = node.floats(2);
  const float beta = node.number("beta", 1);
  const bool one_for_all = given.size() == 1;
  if (!one_for_all && (element_count(shape) != outputs || shape.back() != outputs))
    node.unsupported(fmt::format("a bias of {} for {} outputs", to_string(shape), outputs));
  if (beta == 1 && shape.size() == 1 && shape[0] == outputs) return node.input(2);
  std::vector<float> bias(static_cast<std::size_t>(outputs));
  for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = beta * given[one_for_all ? 0 : i];
  std::string name = node.fresh_name("_bias");
  graph.constants[name] = make_tensor({outputs}, std::move(bias));
  return name;
}

Nodes gemm(const OnnxNode& node, Graph& graph) {
  if (node.integer("transA", 0) != 0) node.unsupported("transA");
  if (node.constant(1) == nullptr) node.unsupported("its second input must be constant");
  std::vector<std::string> inputs{
      node.input(0), inner_weights(node, graph, node.integer("transB", 0) != 0, node.number("alpha", 1))};
  if (!node.has(2) || node.number("beta", 1) == 0) return one(op::Gemm{}, inputs);
  const Shape& weights =
      graph.constants.contains(inputs[1]) ? graph.constants[inputs[1]].shape : node.shape(1);
  inputs.push_back(inner_bias(node, graph, weights[0]));
  return one(op::Gemm{}, inputs);
}

Nodes matmul(const OnnxNode& node, Graph& graph) {
  if (node.constant(1) == nullptr || node.shape(0).size() != 2) {
    node.unsupported("only N x K times constant K x M can be run");
  }
  return one(op::Gemm{}, {node.input(0), inner_weights(node, graph, false, 1)});
}

Nodes pool(const OnnxNode& node, op::Pool::Kind kind) {
  if (node.proto().output_size() > 1 && !node.proto().output(1).empty()) node.unsupported("its indices");
  op::Pool pool;
  pool.kind = kind;
  if (node.integers("kernel_shape").size() != 2) node.unsupported("a kernel that is not 2-D");
  pool.kernel = pair_of(node, "kernel_shape");
  pool.strides = pair_of(node, "strides");
  pool.dilations = pair_of(node, "dilations");
  pool.pads = pads_of(node, pool.kernel, pool.strides, pool.dilations);
  pool.count_padding = kind == op::Pool::Kind::average && node.integer("count_include_pad", 0) != 0;
  pool.ceil = node.integer("ceil_mode", 0) != 0;
  if (pool.pads == op::Pads{0, 0, 0, 0} && !pool.ceil) pool.count_padding = false;
  return one(pool, {node.input(0)});
}

Nodes activation(const OnnxNode& node, op::Activation::Kind kind, float alpha = 0, float beta = 0) {
  return one(op::Activation{kind, alpha, beta}, {node.input(0)});
}

Nodes clip(const OnnxNode& node, Graph&) {
  const auto bound = [&](const char* name, std::size_t i, float otherwise) {
    if (node.opset() < 11) return node.attribute(name) == nullptr ? otherwise : node.attribute(name)->f();
    if (!node.has(i)) return otherwise;
    if (node.floats(i).size() != 1) node.untrusted("a bound that is not one number");
    return node.floats(i)[0];
  };
  constexpr float kMax = std::numeric_limits<float>::max();
  const float low = bound("min", 1, -kMax);
  const float high = bound("max", 2, kMax);
  if (!(low <= high))
    node.untrusted(fmt::format("its lower bound {} is above its upper bound {}", low, high));
  if (low == 0 && high >= kMax) return activation(node, op::Activation::Kind::relu);
  return activation(node, op::Activation::Kind::clip, low, high);
}

Nodes binary(const OnnxNode& node, op::Binary::Kind kind) {
  return one(op::Binary{kind}, {node.input(0), node.input(1)});
}

Nodes sum(const OnnxNode& node, Graph&) {
  Nodes nodes;
  std::string so_far = node.input(0);
  for (std::size_t i = 1; i < node.inputs(); ++i) {
    const bool last = i + 1 == node.inputs();
    const std::string output = last ? "" : node.fresh_name(fmt::format("_sum{}", i));
    nodes.push_back({op::Binary{op::Binary::Kind::add}, {so_far, node.input(i)}, output});
    so_far = output;
  }
  return nodes;
}

Nodes concat(const OnnxNode& node, Graph&) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < node.inputs(); ++i) inputs.push_back(node.input(i));
  return one(op::Concat{node.axis(node.integer("axis", 1), node.shape(0).size())}, inputs);
}

Nodes softmax(const OnnxNode& node, Graph&) {
  const std::size_t rank = node.shape(0).size();
  const std::int64_t axis = node.axis(node.integer("axis", node.opset() < 13 ? 1 : -1), rank);
  // Before opset 13, softmax ran over all dimensions from the axis on.
  if (node.opset() < 13) {
    const Shape& x = node.shape(0);
    for (std::size_t i = static_cast<std::size_t>(axis) + 1; i < rank; ++i) {
      if (x[i] != 1) node.unsupported("softmax over several dimensions at once");
    }
  }
  return one(op::Softmax{axis}, {node.input(0)});
}

Nodes batch_norm(const OnnxNode& node, Graph&) {
  if (node.integer("training_mode", 0) != 0)
    node.unsupported("training mode; export the model for inference");
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < 5; ++i) inputs.push_back(node.input(i));
  for (std::size_t i = 1; i < 5; ++i) check_finite(node, i);
  const auto& variance = node.floats(4);
  if (std::any_of(variance.begin(), variance.end(), [](float x) { return x < 0; })) {
    node.untrusted("a variance is negative");
  }
  const float epsilon = node.number("epsilon", 1e-5F);
  if (epsilon < 0) node.untrusted("its epsilon is negative");
  return one(op::BatchNorm{epsilon}, inputs);
}

Nodes lrn(const OnnxNode& node, Graph&) {
  const op::Lrn lrn{node.integer("size", 0), node.number("alpha", 1e-4F), node.number("beta", 0.75F),
                    node.number("bias", 1)};
  return one(lrn, {node.input(0)});
}

Nodes pad(const OnnxNode& node, Graph&) {
  const auto pads = node.list("pads", 1);
  if (node.text("mode", "constant") != "constant") node.unsupported("padding other than constant");
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) {
    node.unsupported("only height and width of N x C x H x W can be padded");
  }
  float value = node.number("value", 0);
  if (node.has(2)) value = node.floats(2).empty() ? 0 : node.floats(2)[0];
  return one(op::Pad{{pads[2], pads[3], pads[6], pads[7]}, value}, {node.input(0)});
}

// A reshape must keep the batch dimension.
Nodes reshape_to(const OnnxNode& node, Shape shape) {
  const Shape& x = node.shape(0);
  if (shape.empty() || x.empty() || shape[0] != x[0]) {
    node.unsupported(fmt::format("{} to {} changes the batch dimension", to_string(x), to_string(shape)));
  }
  shape.erase(shape.begin());
  return one(op::Reshape{std::move(shape)}, {node.input(0)});
}

Nodes reshape(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  Shape shape = node.integers(std::size_t{1});
  std::int64_t known = 1;
  std::int64_t open = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < x.size() && node.integer("allowzero", 0) == 0) shape[i] = x[i];
    if (shape[i] == -1 && open < 0) {
      open = static_cast<std::int64_t>(i);
    } else if (shape[i] < 1 || shape[i] > element_count(x) || (known *= shape[i]) > element_count(x)) {
      node.untrusted(fmt::format("{} cannot become {}", to_string(x), to_string(shape)));
    }
  }
  if (open >= 0) shape[static_cast<std::size_t>(open)] = element_count(x) / known;
  return reshape_to(node, shape);
}

Nodes flatten(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  if (x.empty()) node.untrusted("a scalar cannot be flattened");
  const std::int64_t axis = node.integer("axis", 1);
  if (axis != 1 && axis != 1 - static_cast<std::int64_t>(x.size()))
    node.unsupported("flattening that mixes the batch");
  return reshape_to(node, {x.at(0), element_count(x) / x.at(0)});
}

Nodes squeeze(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  std::vector<std::int64_t> axes = node.list("axes", 1);
  Shape shape;
  for (std::int64_t& axis : axes) axis = node.axis(axis, x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool named = std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) != axes.end();
    if (named && x[i] != 1) node.untrusted(fmt::format("axis {} of {} is not 1", i, to_string(x)));
    if (!(named || (axes.empty() && i > 0 && x[i] == 1))) shape.push_back(x[i]);
  }
  return reshape_to(node, shape);
}

Nodes unsqueeze(const OnnxNode& node, Graph&) {
  Shape shape = node.shape(0);
  std::vector<std::int64_t> axes = node.list("axes", 1);
  const std::size_t rank = shape.size() + axes.size();
  if (rank > kMaxRank) node.unsupported(fmt::format("{} dimensions", rank));
  for (std::int64_t& axis : axes) axis = node.axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  for (const std::int64_t axis : axes) {
    if (axis > static_cast<std::int64_t>(shape.size())) node.untrusted("duplicate axis");
    shape.insert(shape.begin() + axis, 1);
  }
  return reshape_to(node, shape);
}

Nodes transpose(const OnnxNode& node, Graph&) {
  op::Transpose transpose{node.integers("perm")};
  const std::size_t rank = node.shape(0).size();
  if (transpose.order.empty()) {
    for (std::size_t i = 0; i < rank; ++i) transpose.order.push_back(static_cast<std::int64_t>(rank - 1 - i));
  }
  return one(transpose, {node.input(0)});
}

Nodes reduce_mean(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  op::ReduceMean reduce{node.list("axes", 1), node.integer("keepdims", 1) != 0};
  for (std::int64_t& axis : reduce.axes) axis = node.axis(axis, x.size());
  std::sort(reduce.axes.begin(), reduce.axes.end());
  if (reduce.axes.empty() || reduce.axes.front() == 0) node.unsupported("a mean over the batch");
  if (x.size() != 4 || reduce.axes != std::vector<std::int64_t>{2, 3}) return one(reduce, {node.input(0)});
  if (reduce.keep_dims) return one(op::GlobalPool{}, {node.input(0)});
  const std::string pooled = node.fresh_name("_pooled");
  return {{op::GlobalPool{}, {node.input(0)}, pooled}, {op::Reshape{{x[1]}}, {pooled}, ""}};
}

Nodes slice(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  const auto begins = node.list("starts", 1);
  const auto ends = node.list("ends", 2);
  auto axes = node.list("axes", 3);
  auto steps = node.list("steps", 4);
  if (axes.empty()) {
    for (std::size_t i = 0; i < begins.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (steps.empty()) steps.assign(begins.size(), 1);
  if (ends.size() != begins.size() || axes.size() != begins.size() || steps.size() != begins.size()) {
    node.untrusted("its lists differ in length");
  }
  Nodes nodes;
  std::string so_far = node.input(0);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::int64_t axis = node.axis(axes[i], x.size());
    const std::int64_t size = x[static_cast<std::size_t>(axis)];
    const auto place = [size](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    if (axis == 0) node.unsupported("cutting the batch");
    if (steps[i] < 1) node.unsupported("steps below 1");
    const std::string output = i + 1 == begins.size() ? "" : node.fresh_name(fmt::format("_slice{}", i));
    nodes.push_back({op::Slice{axis, place(begins[i]), place(ends[i]), steps[i]}, {so_far}, output});
    so_far = output;
  }
  return nodes;
}

Nodes split(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  const std::int64_t axis = node.axis(node.integer("axis", 0), x.size());
  const std::int64_t size = x[static_cast<std::size_t>(axis)];
  const auto parts = static_cast<std::int64_t>(node.proto().output_size());
  auto sizes = node.list("split", 1);
  if (sizes.empty()) sizes.assign(static_cast<std::size_t>(parts), (size + parts - 1) / parts);
  if (static_cast<std::int64_t>(sizes.size()) != parts || axis == 0) node.unsupported("this split");
  Nodes nodes;
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < parts; ++i) {
    const std::int64_t part = sizes[static_cast<std::size_t>(i)];
    if (part < 1 || part > size) node.untrusted("a part has an impossible size");
    const std::int64_t end = std::min(size, begin + part);
    const std::string& output = node.proto().output(static_cast<int>(i));
    if (!output.empty()) nodes.push_back({op::Slice{axis, begin, end, 1}, {node.input(0)}, output});
    begin = end;
  }
  return nodes;
}

// Takes one element of one axis (exporters write it for x[:, i]) and removes the axis.
Nodes gather(const OnnxNode& node, Graph&) {
  const Shape& x = node.shape(0);
  const std::int64_t axis = node.axis(node.integer("axis", 0), x.size());
  if (node.constant(1) == nullptr || !node.shape(1).empty() || axis == 0) {
    node.unsupported("only one constant index, and not of the batch, can be gathered");
  }
  const std::int64_t size = x[static_cast<std::size_t>(axis)];
  const std::int64_t given = node.integers(1)[0];
  if (given < -size || given >= size)
    node.untrusted(fmt::format("index {} is out of range for size {}", given, size));
  const std::int64_t index = given < 0 ? given + size : given;
  const std::string slice = node.fresh_name("_slice");
  Shape shape(x.begin() + 1, x.end());
  shape.erase(shape.begin() + axis - 1);
  return {{op::Slice{axis, index, index + 1, 1}, {node.input(0)}, slice}, {op::Reshape{shape}, {slice}, ""}};
}

Nodes nothing(const OnnxNode&, Graph&) {
  return {};
}

Nodes dropout(const OnnxNode& node, Graph&) {
  if (node.proto().output_size() > 1 && !node.proto().output(1).empty())
    node.unsupported("its second output");
  const bool trains = node.has(2) && node.integers(std::size_t{2}) != std::vector<std::int64_t>{0};
  const bool keeps_all = node.has(1) && node.floats(1) == std::vector<float>{0};
  if (trains && !keeps_all) node.unsupported("training mode; export the model for inference");
  return {};
}

Nodes cast(const OnnxNode& node, Graph&) {
  if (node.integer("to", 0) != onnx::TensorProto::FLOAT) node.unsupported("activations that are not f32");
  return {};
}

using Translator = std::function<Nodes(const OnnxNode&, Graph&)>;

const std::unordered_map<std::string, Translator>& translators() {
  using Kind = op::Activation::Kind;
  const auto act = [](Kind kind) {
    return [kind](const OnnxNode& node, Graph&) { return activation(node, kind); };
  };
  const auto arithmetic = [](op::Binary::Kind kind) {
    return [kind](const OnnxNode& node, Graph&) { return binary(node, kind); };
  };
  const auto pooling = [](op::Pool::Kind kind) {
    return [kind](const OnnxNode& node, Graph&) { return pool(node, kind); };
  };
  const auto global = [](op::Pool::Kind kind) {
    return [kind](const OnnxNode& node, Graph&) { return one(op::GlobalPool{kind}, {node.input(0)}); };
  };
  static const std::unordered_map<std::string, Translator> table{
      {"Add", arithmetic(op::Binary::Kind::add)},
      {"AveragePool", pooling(op::Pool::Kind::average)},
      {"BatchNormalization", batch_norm},
      {"Cast", cast},
      {"Clip", clip},
      {"Concat", concat},
      {"Conv", conv},
      {"Div", arithmetic(op::Binary::Kind::div)},
      {"Dropout", dropout},
      {"Elu", [](const OnnxNode& n, Graph&) { return activation(n, Kind::elu, n.number("alpha", 1)); }},
      {"Flatten", flatten},
      {"Gather", gather},
      {"Gemm", gemm},
      {"GlobalAveragePool", global(op::Pool::Kind::average)},
      {"GlobalMaxPool", global(op::Pool::Kind::max)},
      {"HardSigmoid",
       [](const OnnxNode& n, Graph&) {
         return activation(n, Kind::hard_sigmoid, n.number("alpha", 0.2F), n.number("beta", 0.5F));
       }},
      {"HardSwish",
       [](const OnnxNode& n, Graph&) { return activation(n, Kind::hard_swish, 1.0F / 6.0F, 0.5F); }},
      {"Identity", nothing},
      {"LRN", lrn},
      {"LeakyRelu",
       [](const OnnxNode& n, Graph&) { return activation(n, Kind::leaky_relu, n.number("alpha", 0.01F)); }},
      {"MatMul", matmul},
      {"MaxPool", pooling(op::Pool::Kind::max)},
      {"Mul", arithmetic(op::Binary::Kind::mul)},
      {"Pad", pad},
      {"ReduceMean", reduce_mean},
      {"Relu", act(Kind::relu)},
      {"Reshape", reshape},
      {"Sigmoid", act(Kind::sigmoid)},
      {"Slice", slice},
      {"Softmax", softmax},
      {"Split", split},
      {"Squeeze", squeeze},
      {"Sub", arithmetic(op::Binary::Kind::sub)},
      {"Sum", sum},
      {"Tanh", act(Kind::tanh)},
      {"Transpose", transpose},
      {"Unsqueeze", unsqueeze},
  };
  return table;
}

}  // namespace

std::vector<Node> translate_node(const OnnxNode& node, Graph& graph) {
  const auto found = translators().find(node.type());
  if (found == translators().end()) {
    std::vector<std::string> known;
    for (const auto& [type, translator] : translators()) known.push_back(type);
    std::sort(known.begin(), known.end());
    node.unsupported(fmt::format("not among the operations that can be run: {}", joined(known, ", ")));
  }
  return found->second(node, graph);
}

}  // namespace mainstream
