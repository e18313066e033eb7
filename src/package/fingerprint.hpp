// What two graphs have in common when they compute the same.
#pragma once

#include <string>

#include "mainstream/graph.hpp"

namespace mainstream {

// sha256 over operations, structure and weights; names of nodes, order of independent nodes in the
// file and metadata do not matter.
[[nodiscard]] std::string fingerprint(const Graph& graph);

}  // namespace mainstream
