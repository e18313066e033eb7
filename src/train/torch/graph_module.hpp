// A Graph as libtorch operations: what the graph library reads, M-Trainer can train. Included only
// inside src/train, since libtorch's headers are slow to compile.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// Copies between the project's constants and libtorch's tensors (f32, row-major, in the processor's memory;
// from_torch takes those of any device).
[[nodiscard]] at::Tensor to_torch(const Tensor& tensor);
[[nodiscard]] Tensor from_torch(const at::Tensor& tensor);

// Walks a graph node by node. Weights and biases of the trainable nodes are leaves that require a
// gradient; other constants never change (statistics of batch normalisation do, if asked for).
// Any batch size; the other dimensions are the graph's. Four-dimensional activations are kept in
// channels-last memory, where oneDNN is fastest. One thread at a time.
class GraphModule {
 public:
  // A trainable constant, known by its name in the graph. An optimiser changes `value` in place.
  struct Parameter {
    std::string name;
    at::Tensor value;
  };

  // Trainable are the nodes that depend on the activation `trainable_from`: a tail's or a student's input
  // trains everything, nothing trains nothing. Weights lie on `device`, where inputs are expected. Throws
  // unsupported, naming the node, for what cannot be walked, and usage for an activation that the graph does
  // not have.
  explicit GraphModule(Graph graph, const std::optional<std::string>& trainable_from = {},
                       c10::Device device = c10::kCPU);

  // The graph's only input to its first output, [N, ..].
  [[nodiscard]] at::Tensor forward(const at::Tensor& input) const;

  // Takes the inputs in the graph's order and returns the `wanted` activations in their order; any activation
  // of the graph may be wanted, inputs too. Runs no further than the last one wanted.
  [[nodiscard]] std::vector<at::Tensor> forward(std::span<const at::Tensor> inputs,
                                                std::span<const std::string> wanted) const;

  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

  // The graph with the weights as they are now.
  [[nodiscard]] Graph trained() const;

  // Sets whether, while gradients are recorded, convolutions of one group (which do nearly all of the
  // multiply-adds) take inputs, weights and gradients rounded to bf16 and add up in f32. Parameters and all
  // other nodes stay in f32 (mixed precision: Micikevicius et al. 2018; bf16 needs no scaling of the loss:
  // Kalamkar et al. 2019).
  void learn_in_bf16(bool on) { learns_in_bf16_ = on; }

  // Sets whether batch normalisation uses each batch's own statistics, with a running average of them as its
  // constants (to train a network from scratch), or the constants (the default, to fine-tune).
  void normalise_by_batch(bool on) { normalise_by_batch_ = on; }

  // The same network for pictures of another size. Both have the same weights: what changes in one changes in
  // the other.
  [[nodiscard]] GraphModule resized(std::int64_t height, std::int64_t width) const;

  // Copies the values of the constants that both have under the same name and shape.
  void load(const Graph& weights);

 private:
  void find_parameters(const std::string& trainable_from);
  void find_last_uses();
  [[nodiscard]] at::Tensor run(const Node& node, std::span<const at::Tensor> in) const;

  Graph graph_;
  std::map<std::string, at::Tensor> constants_;  // parameters among them
  std::vector<Parameter> parameters_;
  bool learns_in_bf16_ = false;
  bool normalise_by_batch_ = false;
  std::vector<std::vector<std::string>> last_uses_;  // per node: activations that no later node reads
};

}  // namespace mainstream
