// Tests networks cut at their branchpoints, with fusing and shared memory.
#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "infer/agreement.hpp"

namespace mainstream {
namespace {

TEST(Network, AgreesWithTheReference) {
  for (const std::int64_t batch : {1, 3}) {
    for (const int threads : {1, 2}) {
      auto maker = small_network(7, batch);
      expect_agreement(Engine({.threads = threads}), maker);
    }
  }
}

TEST(Network, FusesActivationsAndSums) {
  auto maker = small_network(1);
  const Network network(Engine({.threads = 1}), maker.graph);
  std::size_t convolutions = 0;
  for (const StepInfo& step : network.steps()) {
    EXPECT_NE(step.primitive, "eltwise") << step.output;
    EXPECT_NE(step.primitive, "binary") << step.output;
    if (step.primitive == "convolution") ++convolutions;
  }
  EXPECT_EQ(convolutions, 10);
}

TEST(Stem, WithTailsIsTheWholeNetworkAtEveryBranchpoint) {
  for (const std::int64_t batch : {1, 2}) {
    auto maker = small_network(3, batch);
    ASSERT_GE(branchpoints_of(maker.graph).size(), 6U);
    expect_agreement_in_parts(Engine({.threads = 2}), maker);
  }
}

TEST(Stem, RunsPartOfTheBase) {
  auto maker = small_network(4);
  const auto tensors = branchpoints_of(maker.graph);
  const Engine engine({.threads = 1});
  Stem stem(engine, maker.graph, {tensors[2]});
  const auto input = maker.values(maker.graph.inputs.front());
  stem.load(input);
  stem.run_to(0);
  const auto expected = run_reference(maker.graph, {{maker.graph.inputs.front(), input}});
  expect_close(stem.read(0), expected.at(tensors[2]), tensors[2]);
}

TEST(Stem, RefusesWhatIsNotThere) {
  auto maker = small_network(5);
  const Graph& graph = maker.graph;
  const auto tensors = branchpoints_of(graph);
  const Engine engine({.threads = 1});
  EXPECT_ERROR(usage, Stem(engine, graph, {"nowhere"}), "'nowhere'");
  EXPECT_ERROR(usage, Stem(engine, graph, {tensors[2], tensors[1]}), "does not come after");
  Stem stem(engine, graph, {tensors[1], tensors[2]});
  EXPECT_ERROR(usage, stem.run_to(0), "has no frame loaded");
  EXPECT_ERROR(usage, stem.load(std::vector<float>(5)), "1x3x20x24");
  stem.load(maker.values(graph.inputs.front()));
  EXPECT_ERROR(usage, stem.read(1), "the stem has not run to");
  EXPECT_ERROR(usage, stem.run_to(2), "expected a branchpoint below 2, got 2");
  EXPECT_ERROR(untrusted, Tail(stem, tail_of(graph, tensors[4])), "expected one of the stem's branchpoints");
  Tail tail(stem, tail_of(graph, tensors[1]));
  EXPECT_ERROR(usage, tail.run(), "the stem has not run to");
}

TEST(Stem, OutlivesItsHandleWhileATailNeedsIt) {
  auto maker = small_network(6);
  const auto tensors = branchpoints_of(maker.graph);
  const auto input = maker.values(maker.graph.inputs.front());
  const auto expected = run_reference(maker.graph, {{maker.graph.inputs.front(), input}});
  auto stem = std::make_unique<Stem>(Engine({.threads = 1}), maker.graph, std::vector{tensors[3]});
  Tail tail(*stem, tail_of(maker.graph, tensors[3]));
  stem->load(input);
  stem->run_to(0);
  stem.reset();
  expect_close(tail.run(), expected.at(maker.graph.outputs.front()), "tail alone");
}

}  // namespace
}  // namespace mainstream
