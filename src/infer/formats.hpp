// In what numbers each activation of a graph is kept.
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
  DataType written = DataType::f32;  // what its node should write
  // What it is as an integer, written so or converted for a reader: u8 from 0 on, or symmetric s8. Undefined
  // when no range is known.
  DataType integer = DataType::undef;
  float scale = 1;  // a value is so many times the integer
};
using Formats = std::map<std::string, Format>;

struct FormatRequest {
  const Graph& graph;
  const std::vector<FusedNode>& fused;
  const std::vector<NumberType>& number_types;  // by node
  const Ranges& ranges;
  const std::map<std::string, Placed>& outside;  // inputs that have their format already
  const std::set<std::string>& outputs;          // f32
};

// In int8, an activation is written as an integer when its node can do that and somebody reads it so; else it
// is f32, exact. A product that reads pictures as they lie takes the numbers that it finds: converting them
// would take longer than it does. What is concatenated gets one scale, so that it need only be copied.
[[nodiscard]] Formats choose_formats(const FormatRequest& request);

}  // namespace mainstream
