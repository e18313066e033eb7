// A small base for the trainer's tests.
#pragma once

#include <cmath>
#include <vector>

#include "infer/random_graph.hpp"
#include "mainstream/base.hpp"

namespace mainstream {

// Random weights, 32 x 32 pictures, four convolutions.
inline Base small_base(std::uint32_t seed = 5) {
  GraphMaker maker(seed);
  std::string x = maker.input({1, 3, 32, 32});
  x = maker.relu(maker.conv(x, 8, 3, {.strides = {2, 2}, .pads = {0, 0, 1, 1}}));
  x = maker.relu(maker.conv(x, 8, 3, {.pads = {1, 1, 1, 1}, .groups = 8}));
  x = maker.relu(maker.conv(x, 16, 1));
  x = maker.relu(maker.conv(x, 16, 3, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}));
  x = maker.node(op::GlobalPool{}, {x});
  x = maker.node(op::Reshape{{16}}, {x});
  maker.graph.outputs = {x};
  PrepareOptions options;
  options.name = "small";
  return prepare_base(std::move(maker.graph), options);
}

inline std::vector<float> made_up(std::size_t size, double seed) {
  std::vector<float> values;
  for (std::size_t i = 0; i < size; ++i)
    values.push_back(static_cast<float>(std::sin(seed + static_cast<double>(i))));
  return values;
}

}  // namespace mainstream
