// A small base for tests: random weights, 32 x 32 pictures, four convolutions.
#pragma once

#include "infer/random_graph.hpp"
#include "mainstream/base.hpp"

namespace mainstream {

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

}  // namespace mainstream
