#include "graph/ops.hpp"

namespace mainstream {

std::int64_t multiply_adds(const Graph& graph, const Node& node) {
  const bool conv = std::holds_alternative<op::Conv>(node.op);
  if (!conv && !std::holds_alternative<op::Gemm>(node.op)) return 0;
  const Shape& weights = graph.constant(node.inputs.at(1)).shape;
  return element_count(graph.shape(node.output)) * (element_count(weights) / weights[0]);
}

}  // namespace mainstream
