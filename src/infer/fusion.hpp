// Which nodes of a graph are computed together by one primitive.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A node and what its primitive does on the way out, before the result is written.
struct FusedNode {
  std::size_t node = 0;               // index into Graph::nodes
  std::vector<std::size_t> epilogue;  // activations, or the sum with an earlier activation, in order

  [[nodiscard]] std::size_t last() const { return epilogue.empty() ? node : epilogue.back(); }
};

// All nodes of the graph, each in exactly one element, in an order in which they can run: that of their last
// nodes. The tensors in `kept` are written whatever follows them.
[[nodiscard]] std::vector<FusedNode> fuse(const Graph& graph, const std::set<std::string>& kept);

}  // namespace mainstream
