// Exits: linear read-outs of tensors that a stem has computed, as graphs. An exit reads one tensor of the
// base or several ("levels"), each whole or pooled; what it reads are its features, and its logits are bias +
// sum over levels of weights * features.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Windows that lie side by side from the top left corner; those at the bottom and right end cover what is
// left of the picture. Each makes one feature per channel.
struct ExitPooling {
  enum class Kind { none, average, max } kind = Kind::none;  // none: every element is a feature
  op::Pair window{1, 1};  // rows, columns; one as large as the picture, or larger, pools it globally
};

struct ExitLevel {
  std::string tensor;  // its name in the base
  Shape shape;         // [1, C, H, W]
  ExitPooling pooling;
  Tensor weights;  // [classes, features]
};

// [1, C, rows, columns]: in this order, row-major, are the level's features. Throws usage for a shape or a
// window that cannot be.
[[nodiscard]] Shape pooled_shape(const ExitLevel& level);

// The level's tensor -> its features [1, features]; its weights are not used. Compiled as a Tail it gives
// what an exit of this level reads.
[[nodiscard]] Graph feature_graph(const ExitLevel& level);

// Levels in the base's order, the branchpoint last; a tensor may stand there twice (its averages and its
// maxima). `bias` is [classes]. The graph's inputs are the tensors, each once; its output, `output`, is
// [1, classes]. Throws usage where shapes do not fit.
[[nodiscard]] Graph exit_graph(std::span<const ExitLevel> levels, const Tensor& bias,
                               const std::string& output = "logits");

// What the exit reads and how, without its weights: exits with the same text can be joined. Nothing for a
// graph that is no exit. A tail that is only pooling and a linear layer is one.
[[nodiscard]] std::optional<std::string> exit_structure(const Graph& graph);

struct JoinedExits {
  Graph graph;
  std::vector<std::int64_t> offsets;  // logits [offsets[i], offsets[i + 1]) are those of exit i
};

// Exits of many apps as one: their weights one below the other, so all logits come from one product per
// level. Throws usage for none at all, and for exits of different structure.
[[nodiscard]] JoinedExits join_exits(std::span<const Graph> exits);

}  // namespace mainstream
