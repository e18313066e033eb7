#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "graph/graph_editor.hpp"
#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

void redirect(Graph& graph, const std::string& from, const std::string& to) {
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
}

namespace {

// ---- Nodes that do nothing ------------------------------------------------------------------

bool does_nothing(const Graph& graph, const Node& node) {
  const Shape& in = value_shape(graph, node.inputs.front());
  if (std::holds_alternative<op::Reshape>(node.op)) return in == graph.shape(node.output);
  if (const auto* transpose = std::get_if<op::Transpose>(&node.op)) {
    return std::is_sorted(transpose->order.begin(), transpose->order.end());
  }
  if (const auto* pad = std::get_if<op::Pad>(&node.op)) return pad->pads == op::Pads{0, 0, 0, 0};
  if (const auto* slice = std::get_if<op::Slice>(&node.op)) {
    return slice->step == 1 && in == graph.shape(node.output);
  }
  return std::holds_alternative<op::Concat>(node.op) && node.inputs.size() == 1;
}

void drop_idle_nodes(Graph& graph) {
  std::vector<Node> nodes = std::move(graph.nodes);
  graph.nodes.clear();
  std::map<std::string, std::string> replaced;
  for (Node& node : nodes) {
    for (std::string& input : node.inputs) {
      if (const auto found = replaced.find(input); found != replaced.end()) input = found->second;
    }
    const bool is_output =
        std::find(graph.outputs.begin(), graph.outputs.end(), node.output) != graph.outputs.end();
    if (!is_output && !graph.is_constant(node.inputs.front()) && does_nothing(graph, node)) {
      replaced[node.output] = node.inputs.front();
    } else {
      graph.nodes.push_back(std::move(node));
    }
  }
}

// ---- Scales and offsets into weights ----------------------------------------------------------

// y = scale * x + offset, per channel.
struct Affine {
  std::vector<float> scale, offset;
};

Affine affine_of(const Graph& graph, const Node& node, const op::BatchNorm& norm) {
  const auto& scale = *graph.constant(node.inputs[1]).data;
  const auto& bias = *graph.constant(node.inputs[2]).data;
  const auto& mean = *graph.constant(node.inputs[3]).data;
  const auto& variance = *graph.constant(node.inputs[4]).data;
  Affine affine;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const double factor = scale[c] / std::sqrt(static_cast<double>(variance[c]) + norm.epsilon);
    affine.scale.push_back(static_cast<float>(factor));
    affine.offset.push_back(static_cast<float>(bias[c] - mean[c] * factor));
  }
  return affine;
}

// The constant's value for each channel of `shape`, if it has one value for each or one for all.
std::optional<std::vector<float>> per_channel(const Tensor& constant, const Shape& shape) {
  const auto channels = static_cast<std::size_t>(shape.at(1));
  if (constant.data->size() == 1) return std::vector<float>(channels, constant.data->front());
  if (constant.data->size() != channels || constant.shape.size() > shape.size()) return std::nullopt;
  const std::size_t missing = shape.size() - constant.shape.size();
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    if (constant.shape[i] != (i + missing == 1 ? shape[1] : 1)) return std::nullopt;
  }
  return *constant.data;
}

std::optional<Affine> affine_of(const Graph& graph, const Node& node, const op::Binary& binary) {
  const bool first = graph.is_constant(node.inputs[0]);
  if (first == graph.is_constant(node.inputs[1])) return std::nullopt;
  const Shape& shape = graph.shape(node.output);
  if (graph.shape(node.inputs[first ? 1 : 0]) != shape || shape.size() < 2) return std::nullopt;
  const auto values = per_channel(graph.constant(node.inputs[first ? 0 : 1]), shape);
  if (!values) return std::nullopt;
  Affine affine{std::vector<float>(values->size(), 1), std::vector<float>(values->size(), 0)};
  using Kind = op::Binary::Kind;
  for (std::size_t c = 0; c < values->size(); ++c) {
    const float x = (*values)[c];
    if (binary.kind == Kind::add) affine.offset[c] = x;
    if (binary.kind == Kind::sub) affine.offset[c] = first ? x : -x;
    if (binary.kind == Kind::sub && first) affine.scale[c] = -1;
    if (binary.kind == Kind::mul) affine.scale[c] = x;
    if (binary.kind == Kind::div) affine.scale[c] = 1 / x;
  }
  if (binary.kind == Kind::div && first) return std::nullopt;
  return affine;
}

std::optional<Affine> affine_of(const Graph& graph, const Node& node) {
  if (const auto* norm = std::get_if<op::BatchNorm>(&node.op)) return affine_of(graph, node, *norm);
  if (const auto* binary = std::get_if<op::Binary>(&node.op)) return affine_of(graph, node, *binary);
  return std::nullopt;
}

// Limit on folded weights, in elements: weights that many nodes share are copied for each.
constexpr std::size_t kMaxFolded = std::size_t{1} << 29;

class Folding {
 public:
  explicit Folding(Graph& graph) : graph_(graph), editor_(graph) {}

  // Folding a node brings the next one in reach, so one walk in order finds all.
  void run() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) fold_affine(graph_.nodes[i]);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      while (!editor_.is_gone(i) && fold_pad(graph_.nodes[i])) {
      }
    }
    editor_.finish();
  }

 private:
  // Folds a scale, an offset or a normalisation into the convolution or inner product before it.
  void fold_affine(const Node& node) {
    const auto affine = affine_of(graph_, node);
    if (!affine) return;
    const std::string& x = node.inputs[graph_.is_constant(node.inputs[0]) ? 1 : 0];
    Node* before = editor_.producer(x);
    if (before == nullptr || editor_.readers(x) != 1) return;
    if (!std::holds_alternative<op::Conv>(before->op) && !std::holds_alternative<op::Gemm>(before->op))
      return;
    apply(*before, *affine);
    editor_.absorb_later(*before, node);
  }

  // Multiplies a node's weights under new names, since other nodes may share them.
  void apply(Node& node, const Affine& affine) {
    const Tensor& weights = graph_.constant(node.inputs[1]);
    const std::size_t channels = affine.scale.size();
    const std::size_t per_output = weights.data->size() / channels;
    folded_ += weights.data->size();
    if (folded_ > kMaxFolded)
      fail(node, "folding the weights that it shares with other nodes takes more than 2 GiB");
    std::vector<float> scaled(*weights.data);
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= affine.scale[i / per_output];
    std::vector<float> bias(affine.offset);
    if (node.inputs.size() > 2) {
      const auto& old = *graph_.constant(node.inputs[2]).data;
      for (std::size_t c = 0; c < channels; ++c) bias[c] += old[c] * affine.scale[c];
    }
    const Shape weights_shape = weights.shape;
    node.inputs.resize(1);
    node.inputs.push_back(add(node, "_weights", weights_shape, std::move(scaled)));
    node.inputs.push_back(add(node, "_bias", {static_cast<std::int64_t>(channels)}, std::move(bias)));
  }

  std::string add(const Node& node, const char* suffix, Shape shape, std::vector<float> values) {
    if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
      fail(node, "its weights overflow when the scales after it are folded into them");
    }
    std::string name = node.output + suffix;
    while (graph_.shapes.contains(name) || graph_.constants.contains(name)) name += "_";
    graph_.constants[name] = make_tensor(std::move(shape), std::move(values));
    return name;
  }

  // Moves padding before a convolution or an average into that node. True if something changed.
  bool fold_pad(Node& node) {
    auto* conv = std::get_if<op::Conv>(&node.op);
    auto* pool = std::get_if<op::Pool>(&node.op);
    const Node* before = editor_.producer(node.inputs.front());
    const auto* pad = before == nullptr ? nullptr : std::get_if<op::Pad>(&before->op);
    if (pad == nullptr || pad->value != 0 || editor_.readers(before->output) != 1) return false;
    if (conv != nullptr) {
      for (std::size_t i = 0; i < 4; ++i) conv->pads[i] += pad->pads[i];
    } else if (pool != nullptr && pool->kind == op::Pool::Kind::average &&
               pool->pads == op::Pads{0, 0, 0, 0}) {
      pool->pads = pad->pads;
      pool->count_padding = true;
    } else {
      return false;
    }
    editor_.absorb_earlier(node);
    return true;
  }

  [[noreturn]] void fail(const Node& node, const std::string& what) const {
    throw Error(ErrorKind::unsupported,
                fmt::format("{}: node '{}' ({}): {}", graph_.name, node.output, op_name(node.op), what));
  }

  Graph& graph_;
  GraphEditor editor_;
  std::size_t folded_ = 0;
};

// ---- Layout of the input ----------------------------------------------------------------------------

// A network exported from a framework that keeps channels last begins with a transpose to NCHW: its output
// becomes the input.
void accept_nchw_input(Graph& graph) {
  for (const std::string& input : graph.inputs) {
    const auto reads = [&](const Node& node) { return node.inputs.front() == input; };
    const auto node = std::find_if(graph.nodes.begin(), graph.nodes.end(), reads);
    if (node == graph.nodes.end() || GraphEditor(graph).readers(input) != 1) continue;
    const auto* transpose = std::get_if<op::Transpose>(&node->op);
    if (transpose == nullptr || transpose->order != std::vector<std::int64_t>{0, 3, 1, 2}) continue;
    const std::string transposed = node->output;
    graph.shapes[input] = graph.shape(transposed);
    graph.nodes.erase(node);
    redirect(graph, transposed, input);
    graph.shapes.erase(transposed);
  }
}

}  // namespace

// x * gate(x) -> one activation. The gate's other readers, if any, keep it alive.
void fuse_gated_activations(Graph& graph) {
  const GraphEditor editor(graph);
  for (Node& node : graph.nodes) {
    const auto* binary = std::get_if<op::Binary>(&node.op);
    if (binary == nullptr || binary->kind != op::Binary::Kind::mul) continue;
    for (const std::size_t i : {0U, 1U}) {
      const Node* gate = editor.producer(node.inputs[i]);
      const auto* activation = gate == nullptr ? nullptr : std::get_if<op::Activation>(&gate->op);
      if (activation == nullptr || gate->inputs.front() != node.inputs[1 - i]) continue;
      using Kind = op::Activation::Kind;
      if (activation->kind == Kind::sigmoid) {
        const std::string x = gate->inputs.front();
        node = {op::Activation{Kind::swish, 1, 0}, {x}, node.output};
        break;
      }
      if (activation->kind == Kind::hard_sigmoid) {
        const std::string x = gate->inputs.front();
        node = {op::Activation{Kind::hard_swish, activation->alpha, activation->beta}, {x}, node.output};
        break;
      }
    }
  }
  remove_dead(graph);
}

void fold(Graph& graph) {
  accept_nchw_input(graph);
  drop_idle_nodes(graph);
  Folding(graph).run();
  remove_dead(graph);
  infer_shapes(graph);
}

}  // namespace mainstream
