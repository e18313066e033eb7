#include "train/tails/tail_graph.hpp"
#include "graph/passes.hpp"
#include "package/fingerprint.hpp"

#include <gmock/gmock.h>

#include "core/testing.hpp"
#include "mainstream/engine.hpp"
#include "train/exits/level_features.hpp"
#include "train/exits/linear_exit.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

// Stands for training: constants that are not 0.
Graph filled(Graph graph) {
  double seed = 1;
  for (auto& [name, tensor] : graph.constants) {
    if (name.starts_with(kHeadPrefix))
      tensor = make_tensor(tensor.shape, made_up(tensor.data->size(), ++seed));
  }
  return graph;
}

// The output of a graph that reads this branchpoint, for a picture of noise.
std::vector<float> answer(const Base& base, const Branchpoint& branchpoint, const Graph& graph) {
  Stem stem(Engine({.threads = 1}), base.graph, {branchpoint.tensor});
  Tail tail(stem, graph);
  stem.load(made_up(3 * 32 * 32, 0.5));
  stem.run_to(0);
  const auto logits = tail.run();
  return {logits.begin(), logits.end()};
}

TEST(TailGraph, EndsEveryTailInLogits) {
  const Base base = small_base();
  for (const Branchpoint& branchpoint : base.branchpoints) {
    for (const HeadKind kind : {HeadKind::average, HeadKind::spatial}) {
      const Graph tail = new_tail(base, branchpoint, kind, 3, 1);
      EXPECT_EQ(tail.inputs, (std::vector<std::string>{branchpoint.tensor}));
      EXPECT_EQ(tail.shape(tail.outputs.front()), (Shape{1, 3}));
      EXPECT_EQ(join(base.graph, tail).shape(tail.outputs.front()), (Shape{1, 3}));
      EXPECT_EQ(fingerprint(tail), fingerprint(new_tail(base, branchpoint, kind, 3, 1)));
      EXPECT_THAT(answer(base, branchpoint, tail), testing::Each(0)) << "a head begins at 0";
    }
  }
}

TEST(TailGraph, BeginsAsItsExit) {
  const Base base = small_base();
  const Branchpoint& branchpoint = base.branchpoints[1];
  const std::vector<ExitLevel> levels =
      whole_levels(base, std::span(&branchpoint, 1), 10, std::size_t{1} << 30);
  LinearValue value{{made_up(feature_count(levels[0]), 3)}, 0.5};
  const Graph exit = exit_of(levels, {0}, logits_of_log_odds(value));
  const std::vector<float> wanted = answer(base, branchpoint, exit);
  const Graph tail = new_tail(base, branchpoint, HeadKind::spatial, 2, 1);
  const std::vector<float> begun = answer(base, branchpoint, tail_with_exit(tail, exit));
  EXPECT_THAT(begun, testing::Pointwise(testing::FloatNear(1e-4F), wanted));

  const std::vector<float> own = answer(base, branchpoint, filled(tail));
  Graph both = tail_with_exit(filled(tail), exit);
  std::vector<float> sums = answer(base, branchpoint, both);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(sums[i], own[i] + wanted[i], 1e-3);
  scale_logits(both, 0.5, std::vector<float>{-1, 2});
  const std::vector<float> scaled = answer(base, branchpoint, both);
  EXPECT_NEAR(scaled[0], 0.5 * sums[0] - 1, 1e-3);
  EXPECT_NEAR(scaled[1], 0.5 * sums[1] + 2, 1e-3);
}

// The base's own layers in between change nothing.
TEST(TailGraph, OfPicturesBeginsAsTheExitAtTheFeatures) {
  const Base base = small_base();
  const Branchpoint& last = base.branchpoint(base.features);
  const std::vector<ExitLevel> levels = pooled_levels(base, std::span(&last, 1));
  std::vector<LinearValue> logits(3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const ExitLevel& level : levels)
      logits[i].weights.push_back(made_up(feature_count(level), static_cast<double>(i)));
  }
  const Graph exit = exit_of(levels, {0, 1}, logits);
  const std::vector<float> wanted = answer(base, last, exit);
  const Branchpoint& earlier = base.branchpoints[1];
  const Graph tail = tail_with_head(base, earlier, exit);
  EXPECT_THAT(answer(base, earlier, tail), testing::Pointwise(testing::FloatNear(1e-3F), wanted));
  for (const auto& [name, tensor] : exit.constants) EXPECT_TRUE(is_of_head(name)) << name;
}

TEST(TailGraph, RefusesToScaleWhatIsNoSumOfLinearLayers) {
  Graph graph = small_base().graph;
  EXPECT_ERROR(usage, scale_logits(graph, 2, {}), "is not a sum of linear layers");
}

}  // namespace
}  // namespace mainstream
