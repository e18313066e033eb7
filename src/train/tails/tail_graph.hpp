// Graphs of tails: the rest of the base with a new head, and the exit that it starts from.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "mainstream/base.hpp"

namespace mainstream {

enum class HeadKind {
  average,  // global average pooling and one linear layer: sees what is in the picture
  spatial,  // a narrow 1 x 1 convolution and a linear layer over all positions: sees where it is, too
};

[[nodiscard]] const char* to_string(HeadKind kind);

// The prefix of the names of heads' constants, and of no others; exits that became heads keep the names of
// exit_graph.
inline constexpr const char* kHeadPrefix = "head/";
[[nodiscard]] bool is_of_head(const std::string& constant);

// The base from the branchpoint to its features, then a head: [1, C, H, W] at the branchpoint -> logits
// [1, classes], which are all 0 until the head is trained. `seed` draws the spatial head's convolution.
[[nodiscard]] Graph new_tail(const Base& base, const Branchpoint& branchpoint, HeadKind kind,
                             std::int64_t classes, std::uint64_t seed);

// The base from the branchpoint to its features, then an exit that reads these.
[[nodiscard]] Graph tail_with_head(const Base& base, const Branchpoint& branchpoint, const Graph& head);

// Both read the same tensor; the answer is the sum of their logits.
[[nodiscard]] Graph tail_with_exit(Graph tail, const Graph& exit);

// logits = slope * logits + offset (one value per class). The logits must be a sum of linear layers.
void scale_logits(Graph& graph, double slope, std::span<const float> offset);

}  // namespace mainstream
