// Which nodes of a graph are computed together by one primitive.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A node, and what its primitive does on the way in and, before the result is written, on the way out.
struct FusedNode {
  std::size_t node = 0;               // index into Graph::nodes
  std::vector<std::size_t> epilogue;  // activations, or the sum with an earlier activation, in order
  // Before a matrix product: the reshape of pictures to vectors. The product reads the picture as it lies.
  std::optional<std::size_t> flatten = std::nullopt;

  [[nodiscard]] std::size_t first() const { return flatten.value_or(node); }
  [[nodiscard]] std::size_t last() const { return epilogue.empty() ? node : epilogue.back(); }
};

// The tensor that it computes on.
[[nodiscard]] inline const std::string& input_of(const Graph& graph, const FusedNode& fused) {
  return graph.nodes[fused.first()].inputs.front();
}

// All nodes of the graph, each in exactly one element, in an order in which they can run: that of their last
// nodes. The tensors in `kept` are written whatever follows them.
[[nodiscard]] std::vector<FusedNode> fuse(const Graph& graph, const std::set<std::string>& kept);

}  // namespace mainstream
