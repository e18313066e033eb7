#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Uses = std::unordered_map<std::string, std::vector<std::size_t>>;  // value -> nodes that read it

Uses uses_of(const Graph& graph) {
  Uses uses;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& input : graph.nodes[i].inputs) uses[input].push_back(i);
  }
  return uses;
}

// Whether the only reader of the value is an activation or normalisation that belongs to its producer.
bool is_unfinished(const Graph& graph, const std::vector<std::size_t>& readers) {
  if (readers.size() != 1) return false;
  const Op& reader = graph.nodes[readers.front()].op;
  return std::holds_alternative<op::Activation>(reader) || std::holds_alternative<op::BatchNorm>(reader);
}

const std::string& only_input(const Graph& graph) {
  if (graph.inputs.size() != 1) {
    throw Error(ErrorKind::unsupported, fmt::format("{}: expected a network with one input, got {} inputs",
                                                    graph.name, graph.inputs.size()));
  }
  return graph.inputs.front();
}

// Renames the tail's values whose names the stem uses, except the tail's inputs, which are the stem's values.
std::unordered_map<std::string, std::string> free_names(const Graph& stem, const Graph& tail) {
  const std::set<std::string> cuts(tail.inputs.begin(), tail.inputs.end());
  std::set<std::string> taken;
  for (const Graph* graph : {&stem, &tail}) {
    for (const auto& [value, shape] : graph->shapes) taken.insert(value);
    for (const auto& [value, tensor] : graph->constants) taken.insert(value);
  }
  std::unordered_map<std::string, std::string> names;
  const auto name = [&](const std::string& value) {
    std::string free = value;
    if (!cuts.contains(value) && (stem.shapes.contains(value) || stem.constants.contains(value))) {
      while (taken.contains(free)) free = "tail/" + free;
    }
    taken.insert(free);
    names[value] = free;
  };
  for (const auto& [value, shape] : tail.shapes) name(value);
  for (const auto& [value, tensor] : tail.constants) name(value);
  return names;
}

// The part of the graph that leads to these tensors, its outputs.
Graph stem_of(const Graph& graph, const std::vector<std::string>& tensors) {
  for (const std::string& tensor : tensors) (void)graph.shape(tensor);  // throws when it is missing
  Graph stem = graph;
  stem.outputs = tensors;
  stem.metadata.clear();
  remove_dead(stem);
  return stem;
}

}  // namespace

Graph stem_of(const Graph& graph, const std::string& tensor) {
  return stem_of(graph, std::vector{tensor});
}

Graph tail_of(const Graph& graph, const std::string& tensor) {
  Graph tail = graph;
  tail.inputs = {tensor};
  tail.metadata.clear();
  (void)graph.shape(tensor);  // throws when it is missing
  std::erase_if(tail.nodes, [&](const Node& node) { return node.output == tensor; });
  remove_dead(tail);
  std::set<std::string> known{tensor};
  for (const Node& node : tail.nodes) {
    for (const std::string& input : node.inputs) {
      if (tail.is_constant(input) || known.contains(input)) continue;
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: '{}' is not a branchpoint: '{}' reaches node '{}' without passing it",
                              graph.name, tensor, input, node.output));
    }
    known.insert(node.output);
  }
  return tail;
}

// In order of execution, a tensor is a branchpoint exactly if no node after it reads an earlier tensor.
std::vector<Branchpoint> find_branchpoints(const Graph& graph, const std::string& features) {
  const Graph stem = stem_of(graph, features);
  const std::string& input = only_input(stem);
  const Uses uses = uses_of(stem);
  const auto last_use = [&](const std::string& value) {
    const auto found = uses.find(value);
    return found == uses.end() ? std::size_t{0} : found->second.back();
  };
  double total = 0;
  for (const Node& node : stem.nodes) total += static_cast<double>(multiply_adds(stem, node));

  std::vector<Branchpoint> branchpoints{{input, 0, 0}};
  double done = 0;
  std::size_t needed_until = last_use(input);  // the last node that reads anything made so far
  for (std::size_t i = 0; i < stem.nodes.size(); ++i) {
    const Node& node = stem.nodes[i];
    done += static_cast<double>(multiply_adds(stem, node));
    const bool is_last = node.output == features;
    if (needed_until <= i && (is_last || !is_unfinished(stem, uses.at(node.output)))) {
      branchpoints.push_back({node.output, static_cast<std::int64_t>(i) + 1, total > 0 ? done / total : 0});
    }
    needed_until = std::max(needed_until, last_use(node.output));
  }
  return branchpoints;
}

const Branchpoint& nearest_branchpoint(std::span<const Branchpoint> branchpoints, double fraction) {
  const auto distance = [&](const Branchpoint& point) { return std::abs(point.fraction - fraction); };
  return *std::ranges::min_element(branchpoints.rbegin(), branchpoints.rend(), {}, distance);
}

std::string find_features(const Graph& graph) {
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const Shape& x = value_shape(graph, node->inputs.front());
    const auto* pool = std::get_if<op::Pool>(&node->op);
    const bool whole = pool != nullptr && pool->kind == op::Pool::Kind::average &&
                       pool->kernel[0] == x.at(2) && pool->kernel[1] == x.at(3);
    if (whole || std::holds_alternative<op::GlobalPool>(node->op)) return node->inputs.front();
  }
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (graph.shape(node->output).size() == 4) return node->output;
  }
  throw Error(
      ErrorKind::unsupported,
      fmt::format(
          "{}: no features found: it has neither a global pooling nor an N x C x H x W tensor; name them "
          "with --features",
          graph.name));
}

Graph join(const Graph& base, const Graph& tail) {
  Graph whole = stem_of(base, tail.inputs);
  for (const std::string& cut : tail.inputs) {
    if (whole.shape(cut) == tail.shape(cut)) continue;
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: its input '{}' is {}, but the base makes {}", tail.name, cut,
                            to_string(tail.shape(cut)), to_string(whole.shape(cut))));
  }
  whole.name = tail.name;
  const std::unordered_map<std::string, std::string> names = free_names(whole, tail);
  for (const auto& [value, shape] : tail.shapes) whole.shapes.insert_or_assign(names.at(value), shape);
  for (const auto& [value, tensor] : tail.constants)
    whole.constants.insert_or_assign(names.at(value), tensor);
  for (Node node : tail.nodes) {
    for (std::string& input : node.inputs) input = names.at(input);
    node.output = names.at(node.output);
    whole.nodes.push_back(std::move(node));
  }
  whole.outputs.clear();
  for (const std::string& output : tail.outputs) whole.outputs.push_back(names.at(output));
  remove_dead(whole);  // drops nodes that lead only to an input that the tail does not use
  return whole;
}

}  // namespace mainstream
