// Measures a network's ranges for int8, and how well number types agree with f32.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

struct CalibrateOptions {
  // The share of an activation's values within its range; values outside are clipped. 1: all (min/max). Below
  // 1, equal shares are outside at both ends.
  double share = 0.9999;
};

// The ranges of the activations that primitives read and write, over f32 runs of `graph` (one input) on
// `inputs` (row-major). Reads the inputs twice: for the extremes, then for the distribution between them.
// Leaves out the input and the activations after the last convolution: the first and the last layer stay in
// f32, which costs little time and keeps accuracy.
[[nodiscard]] Ranges measure_ranges(const Engine& engine, const Graph& graph,
                                    std::span<const std::vector<float>> inputs,
                                    const CalibrateOptions& options = {});

// `features` is a tensor of the graph.
[[nodiscard]] Agreement measure_agreement(const Engine& engine, const Graph& graph,
                                          const std::string& features,
                                          std::span<const std::vector<float>> inputs, NumberType number_type,
                                          const Ranges& ranges);

}  // namespace mainstream
