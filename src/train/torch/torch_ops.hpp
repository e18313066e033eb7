// Each operation of the graph with ONNX's meaning, made of differentiable libtorch operations.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "mainstream/graph.hpp"

namespace mainstream {

// Runs one node. `inputs` are those of Node::inputs, constants included; `output` is the node's shape in the
// graph (for batch 1), which decides how far pooling with rounding up reaches.
[[nodiscard]] at::Tensor run_node(const Op& operation, std::span<const at::Tensor> inputs,
                                  const Shape& output);

// Throws unsupported for an operation that run_node cannot do.
void check_walkable(const Node& node);

}  // namespace mainstream
