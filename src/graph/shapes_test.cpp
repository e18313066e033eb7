#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing.hpp"
#include "graph/ops.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

Graph graph_with(Shape x, const Shape& w = {}) {
  Graph graph;
  graph.name = "g";
  graph.inputs = {"x"};
  graph.shapes["x"] = std::move(x);
  if (!w.empty())
    graph.constants["w"] = make_tensor(w, std::vector<float>(static_cast<std::size_t>(element_count(w))));
  return graph;
}

TEST(ShapesTest, ConvolutionWithStridesDilationsAndUnevenPads) {
  const Graph graph = graph_with({1, 4, 15, 20}, {6, 2, 3, 5});
  const op::Conv conv{{2, 3}, {2, 1}, {0, 1, 1, 2}, 2};
  EXPECT_THAT(output_shape(graph, {conv, {"x", "w"}, "y"}), ElementsAre(1, 6, 6, 7));
}

TEST(ShapesTest, CeilNeverStartsAWindowInThePadding) {
  const Graph graph = graph_with({1, 1, 4, 7});
  op::Pool pool{op::Pool::Kind::max, {2, 2}, {2, 2}, {1, 1}, {0, 0, 0, 0}, false, true};
  EXPECT_THAT(output_shape(graph, {pool, {"x"}, "y"}), ElementsAre(1, 1, 2, 4));
  pool = {op::Pool::Kind::max, {1, 1}, {2, 2}, {1, 1}, {0, 0, 0, 0}, false, true};
  EXPECT_THAT(output_shape(graph, {pool, {"x"}, "y"}), ElementsAre(1, 1, 2, 4));
}

TEST(ShapesTest, Broadcasting) {
  const Graph graph = graph_with({2, 3, 4, 5}, {3, 1, 1});
  EXPECT_THAT(output_shape(graph, {op::Binary{}, {"x", "w"}, "y"}), ElementsAre(2, 3, 4, 5));
  const Graph wrong = graph_with({2, 3, 4, 5}, {3, 1});
  EXPECT_ERROR(unsupported, output_shape(wrong, {op::Binary{}, {"x", "w"}, "y"}),
               "g: node 'y' (add): cannot broadcast 2x3x4x5 and 3x1");
}

TEST(ShapesTest, RefusesWhatDoesNotFit) {
  const Graph graph = graph_with({1, 4, 8, 8}, {6, 3, 3, 3});
  EXPECT_ERROR(unsupported, output_shape(graph, {op::Conv{}, {"x", "w"}, "y"}),
               "g: node 'y' (conv): weights 6x3x3x3 in 1 groups do not fit its input 1x4x8x8");
  EXPECT_ERROR(unsupported, output_shape(graph, {op::Reshape{{5}}, {"x"}, "y"}), "1x4x8x8 cannot become 1x5");
  EXPECT_ERROR(unsupported, output_shape(graph, {op::Concat{7}, {"x"}, "y"}), "axis 7 is outside 1x4x8x8");
  EXPECT_ERROR(unsupported, output_shape(graph, {op::Slice{1, 3, 3, 1}, {"x"}, "y"}), "elements 3 to 3");
  const op::Pool pool{op::Pool::Kind::max, {9, 9}, {1, 1}, {1, 1}, {0, 0, 0, 0}, false, false};
  EXPECT_ERROR(unsupported, output_shape(graph, {pool, {"x"}, "y"}),
               "kernel is larger than its padded input");
}

}  // namespace
}  // namespace mainstream
