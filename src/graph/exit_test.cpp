#include "graph/exit.hpp"
#include "graph/passes.hpp"
#include "package/fingerprint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using Pooled = ExitPooling::Kind;

Tensor counting(Shape shape, float first = 0) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  std::iota(values.begin(), values.end(), first);
  return make_tensor(std::move(shape), std::move(values));
}

// A whole tensor, another one averaged in windows of 2 x 3, and the same one's global maxima.
std::vector<ExitLevel> three_levels(std::int64_t classes, float first = 0) {
  return {{"a", {1, 2, 3, 3}, {}, counting({classes, 18}, first)},
          {"b", {1, 4, 5, 7}, {Pooled::average, {2, 3}}, counting({classes, 4 * 3 * 3}, first)},
          {"b", {1, 4, 5, 7}, {Pooled::max, {5, 7}}, counting({classes, 4}, first)}};
}

TEST(ExitTest, ReadsEachTensorOnce) {
  const Graph exit = exit_graph(three_levels(2), counting({2}), "answer");
  EXPECT_THAT(exit.inputs, ElementsAre("a", "b"));
  EXPECT_THAT(exit.outputs, ElementsAre("answer"));
  EXPECT_THAT(exit.shape("answer"), ElementsAre(1, 2));
  EXPECT_THAT(exit.shape("exit/pool1"), ElementsAre(1, 4, 3, 3));
  EXPECT_THAT(exit.shape("exit/pool2"), ElementsAre(1, 4, 1, 1));
}

TEST(ExitTest, SurvivesAFile) {
  const Graph exit = exit_graph(three_levels(2), counting({2}));
  const Graph read = parse_onnx(to_onnx(exit), "file");
  EXPECT_EQ(read.inputs, exit.inputs);
  EXPECT_EQ(fingerprint(read), fingerprint(exit));
  EXPECT_EQ(exit_structure(read), exit_structure(exit));
}

TEST(ExitTest, FeaturesAreThoseOfTheExit) {
  const std::vector<ExitLevel> levels = three_levels(2);
  const Graph exit = exit_graph(levels, counting({2}));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Graph features = feature_graph(levels[i]);
    EXPECT_THAT(features.inputs, ElementsAre(levels[i].tensor));
    EXPECT_EQ(features.shape(features.outputs.front()), exit.shape("exit/features" + std::to_string(i)));
  }
}

TEST(ExitTest, KeepsItsNamesApartFromTheBases) {
  const ExitLevel level{"exit/weights0", {1, 2, 3, 3}, {}, counting({2, 18})};
  const Graph exit = exit_graph(std::span(&level, 1), counting({2}));
  EXPECT_THAT(exit.inputs, ElementsAre("exit/weights0"));
  EXPECT_FALSE(exit.is_constant("exit/weights0"));
  EXPECT_ERROR(usage, exit_graph(std::span(&level, 1), counting({2}), "exit/weights0"),
               "cannot be named 'exit/weights0'");
}

TEST(ExitTest, RefusesWhatDoesNotFit) {
  const auto refused = [](const ExitLevel& level, const std::string& message) {
    EXPECT_ERROR(usage, exit_graph(std::span(&level, 1), counting({2})), message);
  };
  EXPECT_ERROR(usage, exit_graph({}, counting({2})), "at least one level");
  refused({"a", {1, 2, 3, 3}, {}, counting({2, 17})}, "expected weights of 2x18, got 2x17");
  refused({"a", {1, 2, 3, 3}, {Pooled::max, {2, 2}}, counting({2, 18})}, "expected weights of 2x8, got 2x18");
  refused({"a", {1, 18}, {}, counting({2, 18})}, "expected a tensor of 1 x C x H x W");
  refused({"a", {1, 2, 3, 3}, {Pooled::max, {0, 1}}, counting({2, 18})}, "got 1x2x3x3 and 0 x 1");
  std::vector<ExitLevel> levels = three_levels(2);
  levels[2].shape = {1, 4, 1, 1};
  EXPECT_ERROR(usage, exit_graph(levels, counting({2})), "'b' has two shapes, 1x4x5x7 and 1x4x1x1");
}

TEST(ExitTest, OfOneStructureAreJoined) {
  const std::vector<Graph> exits{exit_graph(three_levels(2, 0), counting({2}), "x"),
                                 exit_graph(three_levels(3, 500), counting({3}, 7), "y")};
  EXPECT_EQ(exit_structure(exits[0]), exit_structure(exits[1]));
  const JoinedExits joined = join_exits(exits);
  EXPECT_THAT(joined.offsets, ElementsAre(0, 2, 5));
  EXPECT_THAT(joined.graph.shape("x"), ElementsAre(1, 5));
  EXPECT_EQ(joined.graph.nodes.size(), exits[0].nodes.size());
  EXPECT_EQ(joined.graph.constants.size(), exits[0].constants.size());
  const Node& product = joined.graph.nodes[1];
  ASSERT_TRUE(std::holds_alternative<op::Gemm>(product.op));
  const Tensor& weights = joined.graph.constant(product.inputs[1]);
  EXPECT_THAT(weights.shape, ElementsAre(5, 18));
  EXPECT_EQ((*weights.data)[35], 35);
  EXPECT_EQ((*weights.data)[36], 500);
  EXPECT_THAT(*joined.graph.constant(product.inputs[2]).data, ElementsAre(0, 1, 7, 8, 9));
}

TEST(ExitTest, OfOtherStructureAreNot) {
  const Graph whole = exit_graph(three_levels(2), counting({2}));
  std::vector<ExitLevel> levels = three_levels(2);
  levels[2].pooling.kind = Pooled::average;
  const std::vector<Graph> exits{whole, exit_graph(levels, counting({2}))};
  EXPECT_NE(exit_structure(exits[0]), exit_structure(exits[1]));
  EXPECT_ERROR(usage, join_exits(exits), "not exits of one structure");
  EXPECT_ERROR(usage, join_exits({}), "no exits");

  Graph behind = whole;  // something after the sum
  behind.nodes.push_back({op::Softmax{}, {"logits"}, "scores"});
  behind.outputs = {"scores"};
  infer_shapes(behind);
  EXPECT_EQ(exit_structure(behind), std::nullopt);

  Graph deep = whole;  // a product of a product
  deep.constants["more"] = counting({3, 2});
  deep.nodes.push_back({op::Gemm{}, {"logits", "more"}, "deep"});
  deep.outputs = {"deep"};
  infer_shapes(deep);
  EXPECT_EQ(exit_structure(deep), std::nullopt);
}

TEST(ExitTest, JoiningInventsNoNameThatIsTaken) {
  ExitLevel level{"logits/weights", {1, 2, 3, 3}, {}, counting({2, 18})};
  const std::vector<Graph> exits(2, exit_graph(std::span(&level, 1), counting({2})));
  const JoinedExits joined = join_exits(exits);
  EXPECT_FALSE(joined.graph.is_constant("logits/weights"));
  EXPECT_THAT(joined.graph.shape("logits"), ElementsAre(1, 4));
}

}  // namespace
}  // namespace mainstream
