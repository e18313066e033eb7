// What a graph's layers take on this machine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

struct LayerTimes {
  std::vector<double> layer_ms;  // by node; what is fused with a node counts as its
  Timing whole;                  // runs of the whole graph
};

// On an otherwise idle engine, for about `duration` after compiling. The graph has one input; the tensors in
// `kept` are written to memory as for branchpoints. Throws unsupported as Network does.
[[nodiscard]] LayerTimes measure_layers(const Engine& engine, const Graph& graph,
                                        const std::vector<std::string>& kept, NumberType number_type,
                                        const Ranges& ranges, std::chrono::milliseconds duration);

// The processor's name, as the system tells it.
[[nodiscard]] std::string processor_name();

// Of what compiles and runs networks: oneDNN's.
[[nodiscard]] std::string engine_version();

}  // namespace mainstream
