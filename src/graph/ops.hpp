// Properties of operations for the files of this folder.
#pragma once

#include <optional>
#include <string>

#include "mainstream/graph.hpp"

namespace mainstream {

// Name and exact attributes (floats in hexadecimal): equal texts mean equal operations.
[[nodiscard]] std::string describe(const Op& op);

[[nodiscard]] std::string to_string(op::Activation::Kind kind);
[[nodiscard]] std::string to_string(op::Binary::Kind kind);

inline constexpr std::size_t kMaxRank = 8;

// Like element_count, but nothing for an invalid shape: a negative size, or more elements than 64 bits count.
[[nodiscard]] std::optional<std::int64_t> count_of(const Shape& shape);

// The shape of the node's output. Throws unsupported, naming the node and its input shapes.
[[nodiscard]] Shape output_shape(const Graph& graph, const Node& node);

// The shape of a value, constant or not.
[[nodiscard]] const Shape& value_shape(const Graph& graph, const std::string& value);

// Replaces x * sigmoid(x) by swish and x * hard_sigmoid(x) by hard_swish.
void fuse_gated_activations(Graph& graph);

// Makes all users of one value (graph outputs included) read another.
void redirect(Graph& graph, const std::string& from, const std::string& to);

}  // namespace mainstream
