// Chooses the data type of each activation of a graph.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "infer/fusion.hpp"
#include "infer/layout.hpp"
#include "infer/plan.hpp"
#include "mainstream/number_type.hpp"

namespace mainstream {

struct Format {
  DataType written = DataType::f32;  // the type that its node should write
  // Its integer type, whether written so or converted for a reader: u8 for values from 0, otherwise symmetric
  // s8. Undefined when no range is known.
  DataType integer = DataType::undef;
  float scale = 1;  // value / integer
};
using Formats = std::map<std::string, Format>;

struct FormatRequest {
  const Graph& graph;
  const std::vector<FusedNode>& fused;
  const std::vector<NumberType>& number_types;  // by node
  const Ranges& ranges;
  const std::map<std::string, Placed>& outside;  // inputs whose format is given
  const std::set<std::string>& outputs;          // f32
};

// In int8, an activation is written as integers if its node can do so and a node reads integers, otherwise as
// exact f32. A matrix product that reads unflattened pictures takes the type that it finds: converting them
// would take longer than the product. The parts of a concatenation get one scale, so that they need only be
// copied.
[[nodiscard]] Formats choose_formats(const FormatRequest& request);

}  // namespace mainstream
