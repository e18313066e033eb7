// Exits: graphs that compute logits linearly from tensors of the stem. An exit reads one or several tensors
// of the base ("levels"), each whole or pooled. These values are its features; its logits are bias + sum over
// levels of weights * features.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Windows that lie side by side from the top left corner; at the bottom and right edges they are cut to the
// picture. Each makes one feature per channel.
struct ExitPooling {
  enum class Kind { none, average, max } kind = Kind::none;  // none: every element is a feature
  op::Pair window{1, 1};  // rows, columns; a window at least as large as the picture pools it globally
};

struct ExitLevel {
  std::string tensor;  // its name in the base
  Shape shape;         // [1, C, H, W]
  ExitPooling pooling;
  Tensor weights;  // [classes, features]
};

// The shape [1, C, rows, columns] of the level's features, row-major. Throws usage for an invalid shape or
// window.
[[nodiscard]] Shape pooled_shape(const ExitLevel& level);

// The level's tensor -> its features [1, features]; its weights are not used. Compiled as a Tail, it computes
// the features that an exit of this level reads.
[[nodiscard]] Graph feature_graph(const ExitLevel& level);

// Levels in the base's order, the branchpoint last; a tensor may occur twice (its averages and its maxima).
// `bias` is [classes]. The graph's inputs are the tensors, each once; its output `output` is [1, classes].
// Throws usage for shapes that do not fit.
[[nodiscard]] Graph exit_graph(std::span<const ExitLevel> levels, const Tensor& bias,
                               const std::string& output = "logits");

// Describes the inputs and pooling of an exit, without its weights: exits with equal descriptions can be
// joined. Nothing for a graph that is not an exit. A tail that is only pooling and a linear layer is one.
[[nodiscard]] std::optional<std::string> exit_structure(const Graph& graph);

struct JoinedExits {
  Graph graph;
  std::vector<std::int64_t> offsets;  // exit i has logits [offsets[i], offsets[i + 1])
};

// Joins the exits of many apps: their weights are stacked, so one product per level gives all logits. Throws
// usage for no exits, and for exits of different structure.
[[nodiscard]] JoinedExits join_exits(std::span<const Graph> exits);

}  // namespace mainstream
