#include "tensor_inputs.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/tensor_file.hpp"

namespace mainstream {
namespace {

std::int64_t batch_of(const Shape& shape) {
  return shape.empty() ? 1 : shape[0];
}

}  // namespace

bool is_tensor_file(const std::string& path) {
  return path.ends_with(".npy") || path.ends_with(".pb");
}

std::vector<Tensor> read_tensors(const std::vector<std::string>& paths) {
  std::vector<Tensor> tensors;
  for (const std::string& path : paths)
    tensors.push_back(path.ends_with(".npy") ? read_npy(path) : read_onnx_tensor(path));
  return tensors;
}

Graph read_for(const std::string& model, std::vector<Tensor>& inputs) {
  Graph graph = read_onnx(model, inputs);
  fold(graph);
  if (inputs.empty()) throw Error(ErrorKind::unsupported, model + ": none of its inputs is an activation");
  const std::int64_t batch = batch_of(inputs.front().shape);
  if (batch > 0 && batch != batch_of(graph.shape(graph.inputs.front()))) graph = with_batch(graph, batch);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& wanted = graph.shape(graph.inputs[i]);
    if (inputs[i].shape == wanted) continue;
    throw Error(ErrorKind::usage,
                fmt::format("{}: input {}: expected {}, got {}", model, in_quotes(graph.inputs[i]),
                            to_string(wanted), to_string(inputs[i].shape)));
  }
  return graph;
}

std::vector<Tensor> run_on(Network& network, const Graph& graph, const std::vector<Tensor>& inputs) {
  std::vector<std::span<const float>> values;
  for (const Tensor& input : inputs) values.emplace_back(*input.data);
  const auto outputs = network.run(values);
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    tensors.push_back(make_tensor(graph.shape(graph.outputs[i]), {outputs[i].begin(), outputs[i].end()}));
  return tensors;
}

}  // namespace mainstream
