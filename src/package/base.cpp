#include "mainstream/base.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"
#include "package/fingerprint.hpp"

namespace mainstream {
namespace {

void check_input(const Graph& graph) {
  if (graph.inputs.size() == 1) {
    const Shape& shape = graph.shape(graph.inputs[0]);
    if (shape.size() == 4 && shape[0] == 1 && shape[1] == 3) return;
  }
  std::string found;
  for (const std::string& input : graph.inputs) {
    found += fmt::format(" {} {}", in_quotes(input), to_string(graph.shape(input)));
  }
  throw Error(ErrorKind::unsupported, fmt::format("{}: expected one input, 1x3xHEIGHTxWIDTH, got{}",
                                                  graph.name, found.empty() ? " none" : found));
}

std::string features_of(const Graph& graph, const std::optional<std::string>& wanted) {
  if (!wanted) return find_features(graph);
  const auto found = graph.shapes.find(*wanted);
  if (found == graph.shapes.end()) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: no tensor {} for the features; the default is {}", graph.name,
                            in_quotes(*wanted), in_quotes(find_features(graph))));
  }
  if (found->second.size() != 4) {
    throw Error(ErrorKind::usage, fmt::format("{}: features {} are {}, expected N x C x H x W", graph.name,
                                              in_quotes(*wanted), to_string(found->second)));
  }
  return *wanted;
}

}  // namespace

const Branchpoint* Base::find_branchpoint(const std::string& tensor) const {
  const auto found = std::find_if(branchpoints.begin(), branchpoints.end(),
                                  [&](const Branchpoint& point) { return point.tensor == tensor; });
  return found == branchpoints.end() ? nullptr : &*found;
}

const Branchpoint& Base::branchpoint(const std::string& tensor) const {
  if (const Branchpoint* found = find_branchpoint(tensor)) return *found;
  std::string known;
  for (const Branchpoint& point : branchpoints) known += " " + in_quotes(point.tensor);
  throw Error(ErrorKind::untrusted, fmt::format("base {} has no branchpoint {}; expected one of:{}", name,
                                                in_quotes(tensor), known));
}

bool Base::offers(NumberType number_type) const {
  if (number_type == NumberType::f32) return true;
  return agreement.contains(number_type) && (number_type != NumberType::int8 || !ranges.empty());
}

const Ranges& Base::ranges_for(NumberType number_type) const {
  if (number_type == NumberType::int8 && ranges.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("base {} is not calibrated for int8; run mainstream base calibrate", name));
  }
  return ranges;
}

Base prepare_base(Graph graph, const PrepareOptions& options) {
  fold(graph);
  check_input(graph);
  Base base;
  base.name = options.name.empty() ? std::filesystem::path(graph.name).stem().string() : options.name;
  base.input = options.input;
  base.input.height = graph.shape(graph.inputs[0])[2];
  base.input.width = graph.shape(graph.inputs[0])[3];
  base.features = features_of(graph, options.features);
  base.branchpoints = find_branchpoints(graph, base.features);
  base.id = fingerprint(graph);
  base.graph = std::move(graph);
  return base;
}

}  // namespace mainstream
