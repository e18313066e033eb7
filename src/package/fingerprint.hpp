// Hashes graphs: equal computations have equal fingerprints.
#pragma once

#include <string>

#include "mainstream/graph.hpp"

namespace mainstream {

// sha256 over operations, structure and weights; it ignores names of nodes, the order of independent nodes,
// and metadata.
[[nodiscard]] std::string fingerprint(const Graph& graph);

}  // namespace mainstream
