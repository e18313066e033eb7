// Chooses the nodes of a graph that one primitive computes together.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A node, and the nodes that its primitive computes before it and, before the result is written, after it.
struct FusedNode {
  std::size_t node = 0;               // index into Graph::nodes
  std::vector<std::size_t> epilogue;  // activations, or the sum with an earlier activation, in order
  // The reshape of pictures to vectors before a matrix product, which reads the unflattened picture instead.
  std::optional<std::size_t> flatten = std::nullopt;

  [[nodiscard]] std::size_t first() const { return flatten.value_or(node); }
  [[nodiscard]] std::size_t last() const { return epilogue.empty() ? node : epilogue.back(); }
};

// The tensor that the fused node computes on.
[[nodiscard]] inline const std::string& input_of(const Graph& graph, const FusedNode& fused) {
  return graph.nodes[fused.first()].inputs.front();
}

// Fuses the nodes of the graph: each is in exactly one element, and the elements are in order of their last
// nodes, in which they can run. The tensors in `kept` are always written.
[[nodiscard]] std::vector<FusedNode> fuse(const Graph& graph, const std::set<std::string>& kept);

}  // namespace mainstream
