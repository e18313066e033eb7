// Tests networks with convolutions by Winograd's algorithm, and their layout.
#include "infer/winograd.hpp"

#include "infer/agreement.hpp"

namespace mainstream {
namespace {

constexpr op::Conv kSame{.pads = {1, 1, 1, 1}};

bool has_winograd() {
  GraphMaker m(0);
  m.conv(m.input({1, 16, 14, 14}), 16, 3, kSame);
  return suits_winograd(m.graph, m.graph.nodes.front());
}

std::size_t count(const std::vector<StepInfo>& steps, const std::string& part) {
  return static_cast<std::size_t>(std::ranges::count_if(steps, [&](const StepInfo& step) {
    return (step.primitive + ' ' + step.implementation).find(part) != std::string::npos;
  }));
}

// Two residual blocks, a projection, parallel branches as in Inception, with channels that do not fill
// blocks.
GraphMaker network(std::uint32_t seed, std::int64_t height, std::int64_t width) {
  GraphMaker m(seed);
  const std::string x = m.input({1, 3, height, width});
  const std::string a = m.relu(m.conv(x, 32, 3, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}));
  const std::string b = m.relu(m.add(m.conv(m.relu(m.conv(a, 16, 1)), 32, 3, kSame), a));
  const std::string c = m.conv(m.relu(m.conv(b, 48, 3, kSame)), 48, 1);
  const std::string d = m.relu(m.add(m.conv(b, 48, 1), c));
  const std::string e = m.node(
      op::Concat{}, {m.relu(m.conv(m.relu(m.conv(d, 24, 1)), 32, 3, kSame)), m.conv(d, 16, 3, kSame, false),
                     m.node(op::Pool{.kernel = {3, 3}, .pads = {1, 1, 1, 1}}, {d})});
  const std::string f = m.relu(m.conv(e, 32, 3, {.pads = {0, 1, 0, 1}}));
  const std::string flat = m.node(op::Reshape{{32}}, {m.node(op::GlobalPool{}, {f})});
  m.graph.outputs = {m.node(op::Gemm{}, {flat, m.constant({7, 32}), m.constant({7})})};
  return m;
}

TEST(Winograd, AgreesWithTheReference) {
  for (const int threads : {1, 2}) {
    auto maker = network(1, 28, 30 + threads);
    expect_agreement(Engine({.threads = threads}), maker);
  }
}

TEST(Winograd, AgreesForEveryShapeAndEpilogue) {
  const Engine engine({.threads = 2});
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    GraphMaker m(seed);
    const std::string x = m.input({m.whole(1, 2), 16 * m.whole(1, 2), m.whole(14, 18), m.whole(16, 20)});
    const op::Conv conv{.pads = {m.whole(0, 1), m.whole(0, 1), m.whole(0, 1), m.whole(0, 1)}};
    std::string y = m.conv(x, 16 * m.whole(1, 3), 3, conv, m.coin());
    if (m.coin()) y = m.add(y, m.conv(x, m.graph.shape(y)[1], 3, conv));
    if (m.coin())
      y = m.node(op::Activation{static_cast<op::Activation::Kind>(m.whole(0, 8)), 0.25F, 0.5F}, {y});
    m.graph.outputs = {y};
    expect_agreement(engine, m);
    if (HasFailure()) return;
  }
}

TEST(Winograd, IsUsedWhereItPays) {
  if (!has_winograd()) GTEST_SKIP() << "oneDNN has Winograd's algorithm for AVX-512 only";
  struct Case {
    std::int64_t channels, size, kernel;
    op::Conv conv;
    std::size_t expected;
  };
  const std::vector<Case> cases{{32, 14, 3, kSame, 1},
                                {32, 13, 3, kSame, 0},
                                {24, 14, 3, kSame, 0},
                                {32, 28, 3, {.strides = {2, 2}}, 0},
                                {32, 28, 3, {.dilations = {2, 2}}, 0},
                                {32, 28, 3, {.groups = 2}, 0},
                                {32, 28, 1, {}, 0}};
  for (const Case& c : cases) {
    GraphMaker m(1);
    m.graph.outputs = {m.relu(m.conv(m.input({1, c.channels, c.size, c.size}), 32, c.kernel, c.conv))};
    EXPECT_EQ(count(Network(Engine({.threads = 1}), m.graph).steps(), "wino"), c.expected)
        << describe_graph(m.graph);
  }
}

TEST(Winograd, BringsNoReordersBesideTheOutputs) {
  if (!has_winograd()) GTEST_SKIP() << "oneDNN has Winograd's algorithm for AVX-512 only";
  GraphMaker m(1);
  const std::string x = m.input({1, 3, 56, 56});
  const std::string a = m.relu(m.conv(x, 32, 7, {.strides = {2, 2}, .pads = {3, 3, 3, 3}}));
  const std::string b = m.relu(m.conv(m.relu(m.conv(a, 16, 1)), 16, 3, kSame));
  const std::string c = m.relu(m.add(m.conv(b, 32, 1), m.conv(a, 32, 1)));
  m.graph.outputs = {m.node(op::GlobalPool{}, {c})};
  const auto steps = Network(Engine({.threads = 1}), m.graph).steps();
  EXPECT_EQ(count(steps, "wino"), 1);
  EXPECT_EQ(count(steps, "reorder"), 0);
}

TEST(Winograd, StemsWithTailsAreTheWholeNetwork) {
  auto maker = network(3, 28, 30);
  ASSERT_GE(branchpoints_of(maker.graph).size(), 3U);
  expect_agreement_in_parts(Engine({.threads = 2}), maker);
}

}  // namespace
}  // namespace mainstream
