#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "mainstream/graph.hpp"
#include "package/fingerprint.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

// A residual network: conv, relu, (conv, relu, conv) + shortcut, relu, pool, gemm.
Graph residual() {
  Graph graph;
  graph.name = "residual";
  graph.inputs = {"x"};
  graph.outputs = {"logits"};
  graph.shapes["x"] = {1, 2, 8, 8};
  graph.constants["w"] = make_tensor({2, 2, 3, 3}, std::vector<float>(36, 0.1F));
  graph.constants["v"] = make_tensor({3, 2}, std::vector<float>(6, 1));
  const op::Conv conv{{1, 1}, {1, 1}, {1, 1, 1, 1}, 1};
  graph.nodes = {
      {conv, {"x", "w"}, "c1"},
      {op::Activation{}, {"c1"}, "r1"},
      {conv, {"r1", "w"}, "c2"},
      {op::Activation{}, {"c2"}, "r2"},
      {conv, {"r2", "w"}, "c3"},
      {op::Binary{}, {"c3", "r1"}, "sum"},
      {op::Activation{}, {"sum"}, "r3"},
      {op::GlobalPool{}, {"r3"}, "pool"},
      {op::Reshape{{2}}, {"pool"}, "flat"},
      {op::Gemm{}, {"flat", "v"}, "logits"},
  };
  infer_shapes(graph);
  return graph;
}

TEST(CutTest, FindsOnlyTensorsThatEveryPathPasses) {
  const Graph graph = residual();
  EXPECT_EQ(find_features(graph), "r3");
  const auto branchpoints = find_branchpoints(graph, "r3");
  std::vector<std::string> tensors;
  for (const Branchpoint& branchpoint : branchpoints) tensors.push_back(branchpoint.tensor);
  EXPECT_THAT(tensors, ElementsAre("x", "r1", "r3"));
  EXPECT_EQ(branchpoints[1].layers, 2);
  EXPECT_NEAR(branchpoints[1].fraction, 1.0 / 3, 1e-12);
  EXPECT_EQ(branchpoints[2].layers, 7);
}

TEST(CutTest, TheNearestBranchpointIsTheLaterOfTwo) {
  const std::vector<Branchpoint> points{
      {"x", 0, 0}, {"a", 1, 0.25}, {"b", 2, 0.75}, {"c", 3, 0.75}, {"d", 4, 1}};
  EXPECT_EQ(nearest_branchpoint(points, 0.2).tensor, "a");
  EXPECT_EQ(nearest_branchpoint(points, 0.5).tensor, "c");
  EXPECT_EQ(nearest_branchpoint(points, 2).tensor, "d");
}

TEST(CutTest, StemAndTailAreTheNetwork) {
  const Graph graph = residual();
  const Graph stem = stem_of(graph, "r1");
  const Graph tail = tail_of(graph, "r1");
  EXPECT_EQ(stem.nodes.size() + tail.nodes.size(), graph.nodes.size());
  EXPECT_THAT(stem.outputs, ElementsAre("r1"));
  EXPECT_THAT(tail.inputs, ElementsAre("r1"));
  EXPECT_FALSE(stem.constants.contains("v"));
  EXPECT_EQ(fingerprint(join(graph, tail)), fingerprint(graph));
}

TEST(CutTest, CuttingAwayFromABranchpointIsRefused) {
  EXPECT_ERROR(untrusted, tail_of(residual(), "c2"), "'c2' is not a branchpoint: 'x' reaches node 'c1'");
  EXPECT_ERROR(untrusted, tail_of(residual(), "nothing"), "has no activation 'nothing'");
}

TEST(CutTest, JoinKeepsNamesApart) {
  const Graph graph = residual();
  Graph tail = tail_of(graph, "r1");
  // A foreign tail whose values have names that the base uses for others.
  tail.nodes.front().output = "c1";
  tail.nodes[1].inputs = {"c1"};
  tail.shapes["c1"] = tail.shapes["c2"];
  tail.shapes.erase("c2");
  EXPECT_EQ(fingerprint(join(graph, tail)), fingerprint(graph));
}

TEST(CutTest, JoinsAnExitOfSeveralTensors) {
  const Graph base = residual();
  Graph exit;
  exit.name = "exit";
  exit.inputs = {"r1", "sum"};
  exit.outputs = {"c3"};  // the base has another tensor of this name
  exit.shapes["r1"] = base.shape("r1");
  exit.shapes["sum"] = base.shape("sum");
  exit.nodes = {{op::Binary{}, {"r1", "sum"}, "both"}, {op::GlobalPool{op::Pool::Kind::max}, {"both"}, "c3"}};
  infer_shapes(exit);
  const Graph whole = join(base, exit);
  EXPECT_THAT(whole.inputs, ElementsAre("x"));
  EXPECT_THAT(whole.outputs, ElementsAre("tail/c3"));
  EXPECT_EQ(whole.nodes.size(), 6U + 2U) << "nothing of the base behind the sum";
  EXPECT_FALSE(whole.is_constant("v"));
  EXPECT_FALSE(whole.shapes.contains("r3"));
}

TEST(CutTest, JoinLeavesOutWhatTheTailDoesNotUse) {
  Graph exit = tail_of(residual(), "r1");
  exit.inputs = {"r1", "r3"};
  exit.shapes["r3"] = residual().shape("r3");
  exit.outputs = {"c2"};
  remove_dead(exit);
  EXPECT_EQ(join(residual(), exit).nodes.size(), 3U);
}

TEST(CutTest, JoinRefusesATailOfAnotherShape) {
  Graph tail = tail_of(residual(), "r1");
  tail.shapes["r1"] = {1, 2, 4, 4};
  EXPECT_ERROR(untrusted, join(residual(), tail), "its input 'r1' is 1x2x4x4, but the base makes 1x2x8x8");
}

TEST(CutTest, BatchIsFree) {
  const Graph graph = with_batch(residual(), 5);
  EXPECT_THAT(graph.shape("logits"), ElementsAre(5, 3));
  EXPECT_EQ(fingerprint(graph), fingerprint(residual()));
}

}  // namespace
}  // namespace mainstream
