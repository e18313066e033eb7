#include "train/torch/graph_module.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>
#include <utility>

#include "graph/passes.hpp"
#include "mainstream/error.hpp"
#include "train/torch/torch_ops.hpp"

namespace mainstream {
namespace {

at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.dim() == 4 ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor.contiguous();
}

// The constants of a node that training may change: weights and biases, not statistics.
std::vector<std::string> trainable_constants(const Node& node, const Graph& graph) {
  std::size_t end = 0;
  if (std::holds_alternative<op::Conv>(node.op) || std::holds_alternative<op::Gemm>(node.op)) {
    end = node.inputs.size();
  } else if (std::holds_alternative<op::BatchNorm>(node.op)) {
    end = 3;  // scale and bias; mean and variance stay
  }
  std::vector<std::string> names;
  for (std::size_t i = 1; i < end; ++i) {
    if (graph.is_constant(node.inputs[i])) names.push_back(node.inputs[i]);
  }
  return names;
}

bool is_dense_convolution(const Op& operation) {
  const auto* conv = std::get_if<op::Conv>(&operation);
  return conv != nullptr && conv->groups == 1;
}

at::Tensor run_in_bf16(const Op& operation, std::span<const at::Tensor> inputs, const Shape& output) {
  std::vector<at::Tensor> rounded;
  for (const at::Tensor& input : inputs) rounded.push_back(input.to(at::kBFloat16));
  return run_node(operation, rounded, output).to(at::kFloat);
}

void check_input(const Graph& graph, const std::string& name, const at::Tensor& given) {
  Shape wanted = graph.shape(name);
  if (given.dim() > 0) wanted.front() = given.size(0);
  if (given.sizes().vec() == wanted) return;
  throw Error(ErrorKind::usage, graph.name + ": input " + name + ": expected " +
                                    to_string(graph.shape(name)) + ", got " + to_string(given.sizes().vec()));
}

}  // namespace

at::Tensor to_torch(const Tensor& tensor) {
  const at::Tensor result = at::empty(tensor.shape, at::kFloat);
  std::ranges::copy(*tensor.data, result.data_ptr<float>());
  return result;
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* begin = plain.data_ptr<float>();
  return make_tensor(plain.sizes().vec(), std::vector<float>(begin, begin + plain.numel()));
}

GraphModule::GraphModule(Graph graph, const std::optional<std::string>& trainable_from, c10::Device device)
    : graph_(std::move(graph)) {
  for (const Node& node : graph_.nodes) check_walkable(node);
  for (const auto& [name, tensor] : graph_.constants)
    constants_[name] = channels_last(to_torch(tensor).to(device));
  if (trainable_from) find_parameters(*trainable_from);
  find_last_uses();
}

void GraphModule::find_parameters(const std::string& trainable_from) {
  if (!graph_.shapes.contains(trainable_from)) {
    throw Error(ErrorKind::usage, graph_.name + " has no activation " + trainable_from + " to train from");
  }
  const std::set<std::string> behind = values_behind(graph_, std::span(&trainable_from, 1));
  std::set<std::string> found;
  for (const Node& node : graph_.nodes) {
    if (!behind.contains(node.output)) continue;
    for (const std::string& name : trainable_constants(node, graph_)) {
      if (!found.insert(name).second) continue;
      constants_[name].set_requires_grad(true);
      parameters_.push_back({name, constants_[name]});
    }
  }
}

void GraphModule::find_last_uses() {
  last_uses_.resize(graph_.nodes.size());
  std::set<std::string> used_later;
  for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
    for (const std::string& input : graph_.nodes[i].inputs) {
      if (!graph_.is_constant(input) && used_later.insert(input).second) last_uses_[i].push_back(input);
    }
  }
}

at::Tensor GraphModule::forward(const at::Tensor& input) const {
  return forward(std::span(&input, 1), std::span(graph_.outputs.data(), 1)).front();
}

std::vector<at::Tensor> GraphModule::forward(std::span<const at::Tensor> inputs,
                                             std::span<const std::string> wanted) const {
  if (inputs.size() != graph_.inputs.size()) {
    throw Error(ErrorKind::usage, graph_.name + ": expected " + std::to_string(graph_.inputs.size()) +
                                      " inputs, got " + std::to_string(inputs.size()));
  }
  std::map<std::string, at::Tensor> live;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_input(graph_, graph_.inputs[i], inputs[i]);
    live[graph_.inputs[i]] = channels_last(inputs[i]);
  }
  std::set<std::string> missing;
  for (const std::string& name : wanted) {
    if (!live.contains(name)) missing.insert(name);
  }
  std::map<std::string, at::Tensor> kept(live);
  for (std::size_t i = 0; i < graph_.nodes.size() && !missing.empty(); ++i) {
    const Node& node = graph_.nodes[i];
    std::vector<at::Tensor> arguments;
    for (const std::string& name : node.inputs) {
      arguments.push_back(graph_.is_constant(name) ? constants_.at(name) : live.at(name));
    }
    const at::Tensor output = run(node, arguments);
    live[node.output] = output;
    if (missing.erase(node.output) > 0) kept[node.output] = output;
    for (const std::string& name : last_uses_[i]) live.erase(name);
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::usage, graph_.name + " has no activation " + *missing.begin());
  }
  std::vector<at::Tensor> answers;
  for (const std::string& name : wanted) answers.push_back(kept.at(name));
  return answers;
}

at::Tensor GraphModule::run(const Node& node, std::span<const at::Tensor> in) const {
  if (learns_in_bf16_ && at::GradMode::is_enabled() && is_dense_convolution(node.op))
    return run_in_bf16(node.op, in, graph_.shape(node.output));
  const auto* norm = std::get_if<op::BatchNorm>(&node.op);
  if (norm == nullptr || !normalise_by_batch_) return run_node(node.op, in, graph_.shape(node.output));
  constexpr double kMomentum = 0.1;  // weight of a new batch in the running averages, which change in place
  return at::batch_norm(in[0], in[1], in[2], in[3], in[4], /*training=*/true, kMomentum, norm->epsilon,
                        false);
}

Graph GraphModule::trained() const {
  Graph graph = graph_;
  for (auto& [name, tensor] : graph.constants) tensor = from_torch(constants_.at(name));
  return graph;
}

GraphModule GraphModule::resized(std::int64_t height, std::int64_t width) const {
  GraphModule other(*this);  // libtorch's tensors are handles
  Shape& input = other.graph_.shapes.at(graph_.inputs.front());
  input.at(2) = height;
  input.at(3) = width;
  infer_shapes(other.graph_);
  return other;
}

void GraphModule::load(const Graph& weights) {
  const at::NoGradGuard no_gradients;
  for (auto& [name, value] : constants_) {
    const auto found = weights.constants.find(name);
    if (found == weights.constants.end() || found->second.shape != value.sizes().vec()) continue;
    value.copy_(to_torch(found->second));
  }
}

}  // namespace mainstream
