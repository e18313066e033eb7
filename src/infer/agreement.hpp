// Compares the engine with the reference.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "graph/ops.hpp"
#include "infer/random_graph.hpp"
#include "infer/reference.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// The graph in words: what is needed to see what a failing case was.
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

// Runs the graph twice on the engine (the second run meets used memory) and once by the reference.
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

}  // namespace mainstream
