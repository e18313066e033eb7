// A student network with random weights.
#pragma once

#include <cstdint>

#include "mainstream/graph.hpp"

namespace mainstream {

// The same structure with random weights, and a batch normalisation behind each convolution that has none
// (fold() removes it again): without it, deep networks hardly train from scratch. Convolutions are drawn as
// He et al. 2015 propose (normal, variance 2 / fan-in); biases begin with zero.
[[nodiscard]] Graph with_new_weights(Graph graph, std::uint64_t seed);

}  // namespace mainstream
