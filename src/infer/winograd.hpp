// Chooses convolutions for Winograd's algorithm, which needs fewer multiplications.
#pragma once

#include "mainstream/graph.hpp"

namespace mainstream {

// Whether Winograd's algorithm pays for the node in f32 on this processor: for a 3 x 3 convolution with
// stride 1 it needs 2.25 (tiles of 2 x 2) to 4 times (4 x 4) fewer multiplications, and reads 1.8 to 4 times
// as many weights (A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). Its
// rounding differs from that of plain sums.
[[nodiscard]] bool suits_winograd(const Graph& graph, const Node& node);

}  // namespace mainstream
