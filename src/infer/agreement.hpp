// Compares the engine with the reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "infer/random_graph.hpp"
#include "infer/reference.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// Describes the graph, to show a failing case.
inline std::string describe_graph(const Graph& graph) {
  std::string text = graph.name + " (the number is the seed):";
  for (const auto& input : graph.inputs) text += "\n  " + input + " " + to_string(graph.shape(input));
  for (const Node& node : graph.nodes) {
    text +=
        "\n  " + node.output + " " + to_string(graph.shape(node.output)) + " = " + describe(node.op) + " of";
    for (const auto& input : node.inputs) text += " " + input;
  }
  return text;
}

// The largest difference, in units of the largest expected magnitude (at least 1).
inline double relative_difference(std::span<const float> actual, std::span<const float> expected) {
  double scale = 1;
  double difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(actual[i])) return INFINITY;
    scale = std::max(scale, std::abs(double{expected[i]}));
    difference = std::max(difference, std::abs(double{actual[i]} - expected[i]));
  }
  return difference / scale;
}

inline void expect_close(std::span<const float> actual, std::span<const float> expected,
                         const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  EXPECT_LT(relative_difference(actual, expected), 1e-5) << what;
}

// Runs the graph twice on the engine (the second run finds used memory) and once by the reference.
inline void expect_agreement(const Engine& engine, GraphMaker& maker) {
  const Graph& graph = maker.graph;
  std::map<std::string, std::vector<float>> inputs;
  std::vector<std::span<const float>> spans;
  for (const auto& name : graph.inputs) inputs[name] = maker.values(name);
  for (const auto& name : graph.inputs) spans.emplace_back(inputs[name]);
  const auto expected = run_reference(graph, inputs);
  Network network(engine, graph);
  for (int run = 0; run < 2; ++run) {
    const auto outputs = network.run(spans);
    ASSERT_EQ(outputs.size(), graph.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
      expect_close(outputs[i], expected.at(graph.outputs[i]),
                   describe_graph(graph) + "\noutput " + graph.outputs[i]);
  }
}

// Runs the graph as a stem with a tail at every branchpoint, for two frames, and once by the reference.
inline void expect_agreement_in_parts(const Engine& engine, GraphMaker& maker) {
  const Graph& graph = maker.graph;
  const auto input = maker.values(graph.inputs.front());
  const auto expected = run_reference(graph, {{graph.inputs.front(), input}});
  const auto tensors = branchpoints_of(graph);
  Stem stem(engine, graph, tensors);
  std::vector<Tail> tails;
  for (std::size_t i = 0; i < tensors.size(); ++i) tails.emplace_back(stem, tail_of(graph, tensors[i]));
  for (int frame = 0; frame < 2; ++frame) {
    stem.load(input);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      stem.run_to(i);
      expect_close(stem.read(i), expected.at(tensors[i]), "stem at " + tensors[i]);
      expect_close(tails[i].run(), expected.at(graph.outputs.front()), "tail from " + tensors[i]);
    }
    // All branchpoints are still valid at the end, and tails may run in any order.
    for (std::size_t i = tensors.size(); i-- > 0;)
      expect_close(tails[i].run(), expected.at(graph.outputs.front()), "again, from " + tensors[i]);
  }
}

}  // namespace mainstream
