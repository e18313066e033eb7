#include "infer/winograd.hpp"

#include "infer/layout.hpp"

namespace mainstream {
namespace {

// For smaller pictures, reading the weights costs what the multiplications save: measured with ResNet-50,
// where 7 x 7 loses and 14 x 14 wins (docs/benchmarks.md).
constexpr std::int64_t kLeastPositions = 14 * 14;

}  // namespace

bool suits_winograd(const Graph& graph, const Node& node) {
  const auto* conv = std::get_if<op::Conv>(&node.op);
  if (conv == nullptr || conv->groups != 1) return false;
  if (conv->strides != op::Pair{1, 1} || conv->dilations != op::Pair{1, 1}) return false;
  if (!graph.is_constant(node.inputs[1])) return false;
  const Shape& weights = graph.constant(node.inputs[1]).shape;
  if (weights[2] != 3 || weights[3] != 3) return false;
  const Shape& output = graph.shape(node.output);
  return suits_channel_blocks(graph.shape(node.inputs[0])) && suits_channel_blocks(output) &&
         output[2] * output[3] >= kLeastPositions;
}

}  // namespace mainstream
