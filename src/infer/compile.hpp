// Compiles a graph to a plan.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "infer/plan.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {

struct CompileRequest {
  const Graph& graph;
  std::vector<std::string> kept = {};     // stay readable after the run, in whatever layout they have
  std::vector<std::string> outputs = {};  // likewise, in row-major order
  std::map<std::string, Placed> outside =
      {};  // inputs in other plans' memory; all others are in the plan's own
  std::vector<NumberType> number_types = {};  // by node; f32 for the missing ones
  const Ranges& ranges = {};
};

// Throws unsupported, naming graph, node and operation, or the number type that the processor lacks.
[[nodiscard]] Plan compile(const std::shared_ptr<EngineState>& engine, const CompileRequest& request);

}  // namespace mainstream
