#include "base_report.hpp"

#include <fmt/format.h>

#include <numeric>

#include "core/json.hpp"
#include "graph/passes.hpp"
#include "package/input_json.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

// One node with its costs. A constant that several nodes read counts at each.
struct Layer {
  const Node* node;
  std::string operation;
  Shape shape;
  std::int64_t multiply_adds = 0, weights = 0;  // weights: numbers, not bytes
  bool branchpoint = false;
  bool shared = false;  // leads to the features; other layers belong to the original network's own head
};

std::string window(const op::Pair& kernel, const op::Pair& strides) {
  const std::string stride = strides[0] == 1 && strides[1] == 1 ? ""
                             : strides[0] == strides[1]         ? fmt::format("/{}", strides[0])
                                                        : fmt::format("/{}x{}", strides[0], strides[1]);
  return fmt::format(" {}x{}{}", kernel[0], kernel[1], stride);
}

// "conv 3x3/2 depthwise"
std::string operation_of(const Graph& graph, const Node& node) {
  std::string text = op_name(node.op);
  if (const auto* pool = std::get_if<op::Pool>(&node.op)) text += window(pool->kernel, pool->strides);
  if (const auto* conv = std::get_if<op::Conv>(&node.op)) {
    const Shape& weights = graph.constant(node.inputs.at(1)).shape;
    text += window({weights.at(2), weights.at(3)}, conv->strides);
    if (conv->groups > 1) {
      text += conv->groups == weights[0] ? " depthwise" : fmt::format(" in {} groups", conv->groups);
    }
  }
  return text;
}

std::vector<Layer> layers_of(const Base& base) {
  const Graph& graph = base.graph;
  const Graph stem = stem_of(graph, base.features);
  std::vector<Layer> layers;
  for (const Node& node : graph.nodes) {
    Layer layer{&node, operation_of(graph, node), graph.shape(node.output), multiply_adds(graph, node)};
    for (const std::string& input : node.inputs) {
      if (graph.is_constant(input)) layer.weights += element_count(graph.constant(input).shape);
    }
    layer.branchpoint = base.find_branchpoint(node.output) != nullptr;
    layer.shared = stem.shapes.contains(node.output);
    layers.push_back(std::move(layer));
  }
  return layers;
}

std::int64_t sum(const std::vector<Layer>& layers, std::int64_t Layer::*figure) {
  return std::accumulate(layers.begin(), layers.end(), std::int64_t{0},
                         [&](std::int64_t total, const Layer& layer) { return total + layer.*figure; });
}

std::string summary(const Base& base, const std::vector<Layer>& layers) {
  const InputSpec& input = base.input;
  const auto triple = [](const std::array<float, 3>& values) {
    return fmt::format("{:.6g}, {:.6g}, {:.6g}", values[0], values[1], values[2]);
  };
  const auto weights = static_cast<double>(sum(layers, &Layer::weights));
  TextTable table("ll", {"base", clean(base.name)});
  table.add({"id", base.id});
  table.add(
      {"input", fmt::format("{} {}, {}, (x - [{}]) * [{}] of 0..255",
                            to_string(Shape{1, 3, input.height, input.width}), to_string(input.channels),
                            to_string(input.resize), triple(input.mean), triple(input.scale))});
  table.add(
      {"features", fmt::format("{}, {}", clean(base.features), to_string(base.graph.shape(base.features)))});
  table.add({"layers", fmt::format("{} to the features, {} in all", base.layers(), layers.size())});
  table.add({"multiply-adds", short_number(static_cast<double>(sum(layers, &Layer::multiply_adds)))});
  table.add({"weights", fmt::format("{} ({}B)", short_number(weights), short_number(4 * weights))});
  return table.text();
}

}  // namespace

std::string base_text(const Base& base) {
  const std::vector<Layer> layers = layers_of(base);
  double total = 1e-9, done = 0;  // avoids 0 / 0 for a network without work
  for (const Layer& layer : layers) total += layer.shared ? static_cast<double>(layer.multiply_adds) : 0;
  TextTable table("rllrrrrl", {"layer", "operation", "output", "multiply-adds", "share", "so far", "weights",
                               "tensor (* a branchpoint)"});
  const std::string& input = base.graph.inputs.front();
  table.add({"0", "input", to_string(base.graph.shape(input)), "", "", "", "", "* " + clean(input)});
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    const auto cost = static_cast<double>(layer.multiply_adds);
    done += layer.shared ? cost : 0;
    table.add({fmt::format("{}", i + 1), layer.operation, to_string(layer.shape),
               cost > 0 ? short_number(cost) : "", cost > 0 && layer.shared ? percent(cost / total) : "",
               layer.shared ? percent(done / total) : "",
               layer.weights > 0 ? short_number(static_cast<double>(layer.weights)) : "",
               (layer.branchpoint ? "* " : "  ") + clean(layer.node->output)});
  }
  return fmt::format("{}\n{}", summary(base, layers), table.text());
}

std::string base_json(const Base& base) {
  Json branchpoints = Json::array();
  for (const Branchpoint& point : base.branchpoints) {
    branchpoints.push_back({{"tensor", point.tensor},
                            {"shape", base.graph.shape(point.tensor)},
                            {"layers", point.layers},
                            {"fraction", point.fraction}});
  }
  const std::vector<Layer> layers = layers_of(base);
  Json rows = Json::array();
  for (const Layer& layer : layers) {
    rows.push_back({{"tensor", layer.node->output},
                    {"operation", layer.operation},
                    {"shape", layer.shape},
                    {"multiply_adds", layer.multiply_adds},
                    {"weights", layer.weights},
                    {"branchpoint", layer.branchpoint}});
  }
  const Json json{{"name", base.name},
                  {"id", base.id},
                  {"input", input_to_json(base.input)},
                  {"features", base.features},
                  {"multiply_adds", sum(layers, &Layer::multiply_adds)},
                  {"weights", sum(layers, &Layer::weights)},
                  {"branchpoints", std::move(branchpoints)},
                  {"layers", std::move(rows)}};
  return json_text(json, 2) + "\n";
}

}  // namespace mainstream
