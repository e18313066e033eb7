// Times of a graph's layers on this machine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

struct LayerTimes {
  std::vector<double> layer_ms;  // by node; includes the nodes fused with it
  Timing whole;                  // runs of the whole graph
};

// Measures on an otherwise idle engine, for about `duration` after compiling. The graph has one input; the
// tensors in `kept` are written to memory as for branchpoints. Throws unsupported as Network does.
[[nodiscard]] LayerTimes measure_layers(const Engine& engine, const Graph& graph,
                                        const std::vector<std::string>& kept, NumberType number_type,
                                        const Ranges& ranges, std::chrono::milliseconds duration);

// The processor's name, from the system.
[[nodiscard]] std::string processor_name();

// The version of oneDNN, which compiles and runs networks.
[[nodiscard]] std::string engine_version();

}  // namespace mainstream
