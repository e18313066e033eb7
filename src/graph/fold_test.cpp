#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

Graph conv_graph() {
  Graph graph;
  graph.name = "g";
  graph.inputs = {"x"};
  graph.shapes["x"] = {1, 1, 2, 2};
  graph.constants["w"] = make_tensor({2, 1, 1, 1}, {2, 3});
  graph.nodes = {{op::Conv{}, {"x", "w"}, "c"}};
  return graph;
}

std::vector<float> values(const Graph& graph, std::size_t node, std::size_t input) {
  return *graph.constant(graph.nodes.at(node).inputs.at(input)).data;
}

TEST(FoldTest, BatchNormalisationGoesIntoTheConvolution) {
  Graph graph = conv_graph();
  graph.constants["scale"] = make_tensor({2}, {4, 5});
  graph.constants["bias"] = make_tensor({2}, {1, -1});
  graph.constants["mean"] = make_tensor({2}, {10, 20});
  graph.constants["variance"] = make_tensor({2}, {4, 25});
  graph.nodes.push_back({op::BatchNorm{0}, {"c", "scale", "bias", "mean", "variance"}, "y"});
  graph.outputs = {"y"};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].output, "y");
  EXPECT_THAT(values(graph, 0, 1), Pointwise(FloatNear(1e-5F), {4.0F, 3.0F}));
  EXPECT_THAT(values(graph, 0, 2), Pointwise(FloatNear(1e-5F), {-19.0F, -21.0F}));
}

TEST(FoldTest, ScaleAndOffsetAfterAConvolution) {
  Graph graph = conv_graph();
  graph.constants["s"] = make_tensor({1, 2, 1, 1}, {10, 100});
  graph.constants["o"] = make_tensor({1}, {7});
  graph.nodes.push_back({op::Binary{op::Binary::Kind::mul}, {"s", "c"}, "m"});
  graph.nodes.push_back({op::Binary{op::Binary::Kind::sub}, {"o", "m"}, "y"});
  graph.outputs = {"y"};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_THAT(values(graph, 0, 1), ElementsAre(-20, -300));
  EXPECT_THAT(values(graph, 0, 2), ElementsAre(7, 7));
}

TEST(FoldTest, ALongChainFoldsAtOnce) {
  Graph graph = conv_graph();
  graph.constants["s"] = make_tensor({1}, {-1});
  std::string before = "c";
  for (int i = 0; i < 10000; ++i) {
    graph.nodes.push_back({op::Binary{op::Binary::Kind::mul}, {before, "s"}, "m" + std::to_string(i)});
    before = graph.nodes.back().output;
  }
  graph.outputs = {before};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_THAT(values(graph, 0, 1), ElementsAre(2, 3));
}

TEST(FoldTest, WeightsThatOverflowAreRefused) {
  Graph graph = conv_graph();
  graph.constants["s"] = make_tensor({1}, {3e38F});
  graph.nodes.push_back({op::Binary{op::Binary::Kind::mul}, {"c", "s"}, "y"});
  graph.outputs = {"y"};
  infer_shapes(graph);
  EXPECT_ERROR(unsupported, fold(graph), "g: node 'c' (conv): its weights overflow");
}

TEST(FoldTest, AConvolutionWithOtherReadersIsLeftAlone) {
  Graph graph = conv_graph();
  graph.constants["o"] = make_tensor({1}, {7});
  graph.nodes.push_back({op::Binary{}, {"c", "o"}, "y"});
  graph.outputs = {"y", "c"};
  infer_shapes(graph);
  fold(graph);
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(FoldTest, SharedWeightsStayWhatTheyAreForTheOthers) {
  Graph graph = conv_graph();
  graph.constants["s"] = make_tensor({1}, {2});
  graph.nodes.push_back({op::Binary{op::Binary::Kind::mul}, {"c", "s"}, "m"});
  graph.nodes.push_back({op::Conv{}, {"x", "w"}, "d"});
  graph.nodes.push_back({op::Binary{}, {"m", "d"}, "y"});
  graph.outputs = {"y"};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_THAT(values(graph, 0, 1), ElementsAre(4, 6));
  EXPECT_THAT(values(graph, 1, 1), ElementsAre(2, 3));
}

TEST(FoldTest, ZeroPaddingGoesIntoTheConvolution) {
  Graph graph = conv_graph();
  graph.nodes.insert(graph.nodes.begin(), {op::Pad{{0, 1, 2, 3}, 0}, {"x"}, "p"});
  graph.nodes[1].inputs[0] = "p";
  graph.outputs = {"c"};
  infer_shapes(graph);
  const Shape before = graph.shape("c");
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_THAT(std::get<op::Conv>(graph.nodes[0].op).pads, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(graph.shape("c"), before);
}

TEST(FoldTest, AChannelsLastInputBecomesNchw) {
  Graph graph = conv_graph();
  graph.shapes["x"] = {1, 2, 2, 1};
  graph.nodes.insert(graph.nodes.begin(), {op::Transpose{{0, 3, 1, 2}}, {"x"}, "t"});
  graph.nodes[1].inputs[0] = "t";
  graph.outputs = {"c"};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_THAT(graph.shape("x"), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(graph.nodes[0].inputs, ElementsAre("x", "w"));
}

TEST(FoldTest, NodesThatDoNothingVanish) {
  Graph graph = conv_graph();
  graph.nodes.push_back({op::Concat{1}, {"c"}, "d"});
  graph.nodes.push_back({op::Reshape{{2, 2, 2}}, {"d"}, "e"});
  graph.nodes.push_back({op::Slice{1, 0, 2, 1}, {"e"}, "f"});
  graph.nodes.push_back({op::Activation{}, {"f"}, "y"});
  graph.outputs = {"y"};
  infer_shapes(graph);
  fold(graph);
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_THAT(graph.nodes[1].inputs, ElementsAre("c"));
}

}  // namespace
}  // namespace mainstream
