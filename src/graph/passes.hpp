// Changes to graphs, and cuts through them, for the libraries above.
#pragma once

#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Recomputes all shapes from those of the inputs. Throws unsupported, naming the node.
void infer_shapes(Graph& graph);

// Drops what no output needs: nodes, constants, shapes.
void remove_dead(Graph& graph);

// From the input itself (0 layers) to `features`, in order. Tensors between a convolution and the
// activation or batch normalisation that belongs to it are left out: cutting there saves nothing.
[[nodiscard]] std::vector<Branchpoint> find_branchpoints(const Graph& graph, const std::string& features);

// The last convolutional tensor (after its activation) before global pooling. Throws unsupported
// when the graph has none, naming what it looked for.
[[nodiscard]] std::string find_features(const Graph& graph);

// What leads from the inputs to `tensor`, and what leads from `tensor` to the outputs (the tail's
// input has that name). Both run without the other. The tail throws untrusted if a path bypasses `tensor`.
[[nodiscard]] Graph stem_of(const Graph& graph, const std::string& tensor);
[[nodiscard]] Graph tail_of(const Graph& graph, const std::string& tensor);

// Stem and tail as one graph: the whole network of an app that shares nothing, and nothing that it does not
// need. The tail's inputs (an exit may have several) must be activations of `base` with the same shapes.
[[nodiscard]] Graph join(const Graph& base, const Graph& tail);

}  // namespace mainstream
