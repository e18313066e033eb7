// Passes that change or cut graphs, for the libraries above.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Recomputes all shapes from the input shapes. Throws unsupported, naming the node.
void infer_shapes(Graph& graph);

// Drops the nodes, constants and shapes that no output needs.
void remove_dead(Graph& graph);

// The values that depend on one of `values`, and these themselves.
[[nodiscard]] std::set<std::string> values_behind(const Graph& graph, std::span<const std::string> values);

// Finds the branchpoints from the input (0 layers) to `features`, in order. Tensors between a convolution and
// the activation or batch normalisation that belongs to it are left out: cutting there saves nothing.
[[nodiscard]] std::vector<Branchpoint> find_branchpoints(const Graph& graph, const std::string& features);

// The branchpoint whose fraction of the multiply-adds is nearest to `fraction`; of two equally near, the
// later one, whose tensor is deeper at nearly the same cost. `branchpoints` are in order, at least one.
[[nodiscard]] const Branchpoint& nearest_branchpoint(std::span<const Branchpoint> branchpoints,
                                                     double fraction);

// The last convolutional tensor (after its activation) before global pooling. Throws unsupported when the
// graph has none; the message names what was searched.
[[nodiscard]] std::string find_features(const Graph& graph);

// Cut the graph at `tensor`: the stem leads from the inputs to it, the tail from it to the outputs (the
// tail's input has its name). Each runs without the other. The tail throws untrusted if a path bypasses
// `tensor`.
[[nodiscard]] Graph stem_of(const Graph& graph, const std::string& tensor);
[[nodiscard]] Graph tail_of(const Graph& graph, const std::string& tensor);

// Stem and tail as one graph: the whole network of an app that shares nothing, without dead nodes. The tail's
// inputs (an exit may have several) must be activations of `base` with the same shapes.
[[nodiscard]] Graph join(const Graph& base, const Graph& tail);

}  // namespace mainstream
