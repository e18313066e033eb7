// Networks on tensors from files: what `mainstream infer MODEL.onnx INPUT.pb..` does.
#pragma once

#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

[[nodiscard]] bool is_tensor_file(const std::string& path);  // .npy or .pb
[[nodiscard]] std::vector<Tensor> read_tensors(const std::vector<std::string>& paths);

// The network in the file `model` for a tensor for each of its inputs, folded, with their batch size. Inputs
// that are parameters of the network leave `inputs`. Throws usage where they do not fit it.
[[nodiscard]] Graph read_for(const std::string& model, std::vector<Tensor>& inputs);

// The outputs, in the graph's order.
[[nodiscard]] std::vector<Tensor> run_on(Network& network, const Graph& graph,
                                         const std::vector<Tensor>& inputs);

}  // namespace mainstream
