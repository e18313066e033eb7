// Tests that plans share weights and free their memory.
#include <malloc.h>

#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "infer/random_graph.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {
namespace {

// Bytes allocated by malloc, large blocks included.
std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// An app's tail: the structure of the base, with its own weights.
Graph with_own_weights(Graph graph) {
  for (auto& [name, tensor] : graph.constants) tensor = make_tensor(tensor.shape, *tensor.data);
  return graph;
}

TEST(Memory, PlansOfOneBaseShareItsWeights) {
  auto maker = small_network(1);
  const Engine engine({.threads = 1});
  const Network first(engine, maker.graph);
  const std::size_t packed = engine.weight_bytes();
  EXPECT_EQ(packed, first.memory().weights);
  const Network second(engine, maker.graph);
  const Stem stem(engine, maker.graph, {branchpoints_of(maker.graph).back()});
  EXPECT_EQ(engine.weight_bytes(), packed);
  EXPECT_EQ(second.memory().weights, packed);

  const Network other(engine, with_own_weights(maker.graph));
  EXPECT_EQ(engine.weight_bytes(), 2 * packed);
}

TEST(Memory, WeightsGoWithTheLastThatUsesThem) {
  auto maker = small_network(2);
  const Engine engine({.threads = 1});
  auto first = std::make_unique<Network>(engine, maker.graph);
  auto second = std::make_unique<Network>(engine, maker.graph);
  const std::size_t packed = engine.weight_bytes();
  first.reset();
  EXPECT_EQ(engine.weight_bytes(), packed);
  second.reset();
  EXPECT_EQ(engine.weight_bytes(), 0);
}

TEST(Memory, CopiedConstantsMayGoBeforeTheNetwork) {
  auto maker = small_network(3);
  const Engine engine({.threads = 1});
  std::vector<std::weak_ptr<const std::vector<float>>> constants;
  for (const auto& [name, tensor] : maker.graph.constants) constants.push_back(tensor.data);
  const auto input = maker.values(maker.graph.inputs.front());
  Network network(engine, maker.graph);
  const auto answer = network.run(input);
  const std::vector<float> before(answer.begin(), answer.end());
  maker.graph = {};
  std::size_t gone = 0;
  for (const auto& constant : constants) gone += constant.expired() ? 1 : 0;
  EXPECT_GE(gone, 10) << "a convolution's weights are packed, its bias is used where it lies";
  const auto again = network.run(input);
  EXPECT_EQ(before, std::vector<float>(again.begin(), again.end()));
}

TEST(Memory, AThousandTailsLeaveNothingBehind) {
  constexpr int kCycles = 1000, kWarmUp = 100;
  auto maker = small_network(4);
  const Graph& graph = maker.graph;
  const auto tensors = branchpoints_of(graph);
  const auto input = maker.values(graph.inputs.front());
  const Engine engine({.threads = 1});
  Stem stem(engine, graph, tensors);
  stem.load(input);
  stem.run_to(tensors.size() - 1);
  const std::size_t weights = engine.weight_bytes();

  std::size_t warm = 0;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const std::size_t at = static_cast<std::size_t>(cycle) % tensors.size();
    {
      Tail tail(stem, with_own_weights(tail_of(graph, tensors[at])));
      tail.run();
      ASSERT_GT(engine.weight_bytes(), weights);
    }
    ASSERT_EQ(engine.weight_bytes(), weights) << "after " << cycle + 1 << " cycles";
    if (cycle + 1 == kWarmUp) warm = allocated();  // oneDNN has the kernels of all shapes
  }
  // A tail of this network takes some 50 kB.
  EXPECT_LT(allocated(), warm + 20'000) << "over " << kCycles - kWarmUp << " cycles";
}

}  // namespace
}  // namespace mainstream
