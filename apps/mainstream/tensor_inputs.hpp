// Runs networks on tensors from files, for `mainstream infer MODEL.onnx INPUT.pb..`.
#pragma once

#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

[[nodiscard]] bool is_tensor_file(const std::string& path);  // .npy or .pb
[[nodiscard]] std::vector<Tensor> read_tensors(const std::vector<std::string>& paths);

// Reads and folds the network in the file `model` for `inputs`, one tensor for each of its inputs, with their
// batch size. Removes from `inputs` those that are parameters of the network. Throws usage where they do not
// fit.
[[nodiscard]] Graph read_for(const std::string& model, std::vector<Tensor>& inputs);

// The outputs, in the graph's order.
[[nodiscard]] std::vector<Tensor> run_on(Network& network, const Graph& graph,
                                         const std::vector<Tensor>& inputs);

}  // namespace mainstream
