// What int8 needs to know of a network, and how well it agrees with f32 then.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

struct CalibrateOptions {
  // The share of an activation's values that its range holds; what lies outside is cut off. 1: all of them
  // (min/max). Below 1 equal shares are left out at both ends.
  double share = 0.9999;
};

// The ranges of the activations that primitives read and write, over runs in f32 of `graph` (one input) on
// `inputs` (row-major). Twice over the inputs: for the extremes, then for what lies between. Those after the
// last convolution are left out, and the input itself: the first and the last layer stay in f32, which costs
// little and loses less.
[[nodiscard]] Ranges measure_ranges(const Engine& engine, const Graph& graph,
                                    std::span<const std::vector<float>> inputs,
                                    const CalibrateOptions& options = {});

// `features` is a tensor of the graph.
[[nodiscard]] Agreement measure_agreement(const Engine& engine, const Graph& graph,
                                          const std::string& features,
                                          std::span<const std::vector<float>> inputs, NumberType number_type,
                                          const Ranges& ranges);

}  // namespace mainstream
