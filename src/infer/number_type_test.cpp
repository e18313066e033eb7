// bf16 and int8 against f32, in whole networks and mixed at branchpoints.
#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "infer/agreement.hpp"
#include "mainstream/calibration.hpp"

namespace mainstream {
namespace {

// Tolerances as a share of the largest value: for ten layers in a format of eight significant bits, and in
// one of seven bits and a sign with scales by tensor.
double tolerance(NumberType number_type) {
  return number_type == NumberType::int8 ? 0.12 : number_type == NumberType::bf16 ? 0.04 : 1e-5;
}

class NumberTypeTest : public testing::TestWithParam<NumberType> {
 protected:
  void SetUp() override {
    if (!processor_has(GetParam())) {
      GTEST_SKIP() << "this processor does not compute in " << to_string(GetParam());
    }
  }

  // A network with inputs, and its ranges for int8.
  struct Case {
    explicit Case(std::uint32_t seed) : maker(small_network(seed)) {
      for (int i = 0; i < 3; ++i) inputs.push_back(maker.values(maker.graph.inputs.front()));
      ranges = measure_ranges(engine, maker.graph, inputs, {.share = 1});
    }
    [[nodiscard]] std::vector<float> expected(std::size_t input) const {
      return run_reference(maker.graph, {{maker.graph.inputs.front(), inputs[input]}})
          .at(maker.graph.outputs.front());
    }
    const Engine engine{{.threads = 2}};
    GraphMaker maker;
    std::vector<std::vector<float>> inputs;
    Ranges ranges;
  };
};

TEST_P(NumberTypeTest, ANetworkAnswersAlmostAsInF32) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const Case test(seed);
    Network network(test.engine, test.maker.graph, GetParam(), test.ranges);
    for (std::size_t i = 0; i < test.inputs.size(); ++i) {
      EXPECT_LT(relative_difference(network.run(test.inputs[i]), test.expected(i)), tolerance(GetParam()))
          << describe_graph(test.maker.graph);
    }
  }
}

TEST_P(NumberTypeTest, ConvolutionsReallyComputeInIt) {
  const Case test(1);
  const Network network(test.engine, test.maker.graph, GetParam(), test.ranges);
  std::size_t convolutions = 0, inside = 0;
  for (const StepInfo& step : network.steps()) {
    if (step.primitive != "convolution") continue;
    ++convolutions;
    inside += step.type != "f32" ? 1 : 0;
  }
  EXPECT_GE(inside, GetParam() == NumberType::f32 ? 0 : convolutions - 3);
}

TEST_P(NumberTypeTest, StemAndTailsMayDiffer) {
  const Case test(3);
  const Graph& graph = test.maker.graph;
  const auto tensors = branchpoints_of(graph);
  Stem stem(test.engine, graph, tensors, std::vector<NumberType>(tensors.size(), GetParam()), test.ranges);
  const std::array expected{test.expected(0), test.expected(1)};
  for (const NumberType other : {NumberType::f32, NumberType::bf16, NumberType::int8}) {
    if (!processor_has(other)) continue;
    const double allowed = std::max(tolerance(GetParam()), tolerance(other));
    std::vector<Tail> tails;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      tails.emplace_back(stem, tail_of(graph, tensors[i]), other, test.ranges);
    }
    for (std::size_t frame = 0; frame < expected.size(); ++frame) {
      stem.load(test.inputs[frame]);
      stem.run_to(tensors.size() - 1);
      for (std::size_t i = 0; i < tensors.size(); ++i) {
        EXPECT_LT(relative_difference(tails[i].run(), expected[frame]), allowed)
            << to_string(GetParam()) << " up to " << tensors[i] << ", then " << to_string(other);
      }
    }
  }
}

TEST_P(NumberTypeTest, SegmentsMayDiffer) {
  const Case test(4);
  const Graph& graph = test.maker.graph;
  const auto tensors = branchpoints_of(graph);
  std::vector<NumberType> number_types(tensors.size(), GetParam());
  for (std::size_t i = 0; i < number_types.size(); i += 2) number_types[i] = NumberType::f32;
  Stem stem(test.engine, graph, tensors, number_types, test.ranges);
  const auto expected = run_reference(graph, {{graph.inputs.front(), test.inputs[0]}});
  stem.load(test.inputs[0]);
  stem.run_to(tensors.size() - 1);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_LT(relative_difference(stem.read(i), expected.at(tensors[i])), tolerance(GetParam()))
        << tensors[i];
  }
}

INSTANTIATE_TEST_SUITE_P(, NumberTypeTest,
                         testing::Values(NumberType::f32, NumberType::bf16, NumberType::int8),
                         [](const auto& of) { return std::string(to_string(of.param)); });

TEST(NumberTypeErrors, AreUsage) {
  auto maker = small_network(1);
  const auto tensors = branchpoints_of(maker.graph);
  const Engine engine({.threads = 1});
  EXPECT_ERROR(usage, Stem(engine, maker.graph, tensors, {NumberType::f32}), "branchpoints, got 1");
}

TEST(Calibration, RangesHoldWhatWasSeen) {
  GraphMaker maker(1);
  const std::string x = maker.input({1, 1, 100, 100});
  maker.graph.constants["one"] = make_tensor({1, 1, 1, 1}, {1});
  maker.graph.outputs = {maker.node(op::Conv{}, {x, "one"})};
  std::vector<std::vector<float>> inputs(1, std::vector<float>(10000, 0.5F));
  inputs[0][0] = 100;
  inputs[0][1] = -100;
  const Engine engine({.threads = 1});
  const std::string& y = maker.graph.outputs.front();
  EXPECT_EQ(measure_ranges(engine, maker.graph, inputs, {.share = 1}).at(y), (Range{-100, 100}));
  const Range most = measure_ranges(engine, maker.graph, inputs, {.share = 0.999}).at(y);
  EXPECT_NEAR(most.low, 0, 0.1);
  EXPECT_NEAR(most.high, 0.5, 0.1);
  EXPECT_ERROR(usage, measure_ranges(engine, maker.graph, {}), "no pictures to calibrate with");
}

TEST(Calibration, F32AgreesWithItself) {
  auto maker = small_network(2);
  const std::vector<std::vector<float>> inputs{maker.values(maker.graph.inputs.front())};
  const Agreement agreement = measure_agreement(
      Engine({.threads = 1}), maker.graph, branchpoints_of(maker.graph).back(), inputs, NumberType::f32, {});
  EXPECT_EQ(agreement.top1, 1);
  EXPECT_NEAR(agreement.lowest_cosine, 1, 1e-6);
  EXPECT_EQ(agreement.inputs, 1U);
}

}  // namespace
}  // namespace mainstream
