#include "train/torch/graph_module.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <utility>

#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "mainstream/engine.hpp"
#include "train/torch/torch_ops.hpp"

namespace mainstream {
namespace {

// A graph of one node on input "x"; its constants are named c0, c1, ..
Graph one_node(const Op& operation, const Shape& input, const std::vector<Tensor>& constants = {}) {
  Graph graph;
  graph.name = "one";
  graph.inputs = {"x"};
  graph.outputs = {"y"};
  Node node{operation, {"x"}, "y"};
  for (const Tensor& constant : constants) {
    const std::string name = "c" + std::to_string(node.inputs.size() - 1);
    graph.constants[name] = constant;
    node.inputs.push_back(name);
  }
  graph.nodes = {node};
  graph.shapes["x"] = input;
  infer_shapes(graph);
  return graph;
}

// Values that differ everywhere, from -2 to 2.
Tensor numbers(const Shape& shape, double step = 0.37) {
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(2 * std::sin(step * static_cast<double>(i + 1)));
  }
  return make_tensor(shape, values);
}

Tensor forward(const Graph& graph, const Tensor& input) {
  return from_torch(GraphModule(graph).forward(to_torch(input)));
}

void expect_near(const Tensor& actual, const Shape& shape, const std::vector<double>& expected) {
  ASSERT_EQ(to_string(actual.shape), to_string(shape));
  ASSERT_EQ(actual.data->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR((*actual.data)[i], expected[i], 1e-5) << i;
}

// The value of x [1,C,H,W] at a place that may lie outside: nothing there.
std::optional<double> at_place(const Tensor& x, std::int64_t c, std::int64_t row, std::int64_t column) {
  if (row < 0 || column < 0 || row >= x.shape[2] || column >= x.shape[3]) return std::nullopt;
  return (*x.data)[static_cast<std::size_t>((c * x.shape[2] + row) * x.shape[3] + column)];
}

// The places of a window, for the output place (row, column).
template <typename Window>
void for_window(const Window& window, op::Pair kernel, std::int64_t row, std::int64_t column,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& visit) {
  for (std::int64_t i = 0; i < kernel[0] * kernel[1]; ++i) {
    visit(row * window.strides[0] - window.pads[0] + i / kernel[1] * window.dilations[0],
          column * window.strides[1] - window.pads[1] + i % kernel[1] * window.dilations[1], i);
  }
}

// Convolution as its definition says.
std::vector<double> plain_conv(const op::Conv& conv, const Tensor& x, const Tensor& weights,
                               const Tensor& bias, const Shape& out) {
  std::vector<double> result;
  const op::Pair kernel{weights.shape[2], weights.shape[3]};
  const std::int64_t depth = weights.shape[1], per_group = out[1] / conv.groups;
  for (std::int64_t i = 0; i < element_count(out); ++i) {
    const std::int64_t m = i / (out[2] * out[3]), row = i / out[3] % out[2], column = i % out[3];
    double sum = (*bias.data)[static_cast<std::size_t>(m)];
    for_window(conv, kernel, row, column, [&](std::int64_t r, std::int64_t c, std::int64_t k) {
      for (std::int64_t d = 0; d < depth; ++d) {
        const double weight =
            (*weights.data)[static_cast<std::size_t>((m * depth + d) * kernel[0] * kernel[1] + k)];
        sum += weight * at_place(x, m / per_group * depth + d, r, c).value_or(0);
      }
    });
    result.push_back(sum);
  }
  return result;
}

// Pooling as its definition says; the divisor of an average counts padding only where asked, and
// never what rounding up reaches beyond it.
std::vector<double> plain_pool(const op::Pool& pool, const Tensor& x, const Shape& out) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < element_count(out); ++i) {
    const std::int64_t channel = i / (out[2] * out[3]), row = i / out[3] % out[2], column = i % out[3];
    double best = -1e30, sum = 0, count = 0;
    for_window(pool, pool.kernel, row, column, [&](std::int64_t r, std::int64_t c, std::int64_t) {
      const auto value = at_place(x, channel, r, c);
      const bool padding = r < x.shape[2] + pool.pads[2] && c < x.shape[3] + pool.pads[3];
      best = std::max(best, value.value_or(-1e30));
      sum += value.value_or(0);
      if (value || (pool.count_padding && padding)) ++count;
    });
    result.push_back(pool.kind == op::Pool::Kind::max ? best : sum / count);
  }
  return result;
}

TEST(GraphModule, ConvolvesAsDefined) {
  const std::vector<op::Conv> cases = {
      {.strides = {1, 1}, .dilations = {1, 1}, .pads = {0, 0, 0, 0}, .groups = 1},
      {.strides = {2, 2}, .dilations = {1, 1}, .pads = {0, 0, 1, 1}, .groups = 1},
      {.strides = {2, 1}, .dilations = {1, 2}, .pads = {1, 2, 1, 2}, .groups = 2},
      {.strides = {1, 1}, .dilations = {1, 1}, .pads = {1, 0, 0, 2}, .groups = 4},
  };
  for (const op::Conv& conv : cases) {
    const Tensor x = numbers({1, 4, 7, 6}), weights = numbers({8, 4 / conv.groups, 3, 3}, 0.71);
    const Tensor bias = numbers({8}, 0.5);
    const Graph graph = one_node(conv, x.shape, {weights, bias});
    expect_near(forward(graph, x), graph.shape("y"), plain_conv(conv, x, weights, bias, graph.shape("y")));
  }
}

TEST(GraphModule, PoolsAsDefined) {
  for (const auto kind : {op::Pool::Kind::max, op::Pool::Kind::average}) {
    for (const op::Pads& pads : {op::Pads{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 1, 1}, {1, 0, 0, 1}}) {
      for (const bool ceil : {false, true}) {
        for (const bool count_padding : {false, true}) {
          const op::Pool pool{kind, {3, 2}, {2, 2}, {1, 1}, pads, count_padding, ceil};
          SCOPED_TRACE(op_name(pool) + " pads " + to_string(Shape(pads.begin(), pads.end())));
          const Tensor x = numbers({1, 2, 8, 6});
          const Graph graph = one_node(pool, x.shape);
          expect_near(forward(graph, x), graph.shape("y"), plain_pool(pool, x, graph.shape("y")));
        }
      }
    }
  }
}

TEST(GraphModule, ComputesActivations) {
  using Kind = op::Activation::Kind;
  struct Case {
    op::Activation activation;
    std::vector<double> expected;  // for x = -2, -0.5, 1, 5
  };
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const std::vector<Case> cases = {
      {{Kind::relu, 0, 0}, {0, 0, 1, 5}},
      {{Kind::clip, -1, 3}, {-1, -0.5, 1, 3}},
      {{Kind::leaky_relu, 0.1F, 0}, {-0.2, -0.05, 1, 5}},
      {{Kind::elu, 0.5F, 0}, {0.5 * (std::exp(-2) - 1), 0.5 * (std::exp(-0.5) - 1), 1, 5}},
      {{Kind::sigmoid, 0, 0}, {sigmoid(-2), sigmoid(-0.5), sigmoid(1), sigmoid(5)}},
      {{Kind::hard_sigmoid, 0.2F, 0.5F}, {0.1, 0.4, 0.7, 1}},
      {{Kind::hard_swish, 0.25F, 0.5F}, {0, -0.1875, 0.75, 5}},
      {{Kind::swish, 1, 0}, {-2 * sigmoid(-2), -0.5 * sigmoid(-0.5), sigmoid(1), 5 * sigmoid(5)}},
      {{Kind::swish, 2, 0}, {-2 * sigmoid(-4), -0.5 * sigmoid(-1), sigmoid(2), 5 * sigmoid(10)}},
      {{Kind::tanh, 0, 0}, {std::tanh(-2), std::tanh(-0.5), std::tanh(1), std::tanh(5)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(op_name(c.activation));
    expect_near(forward(one_node(c.activation, {1, 4}), make_tensor({1, 4}, {-2, -0.5, 1, 5})), {1, 4},
                c.expected);
  }
}

TEST(GraphModule, ComputesGemmAndNormalisations) {
  const Tensor x = make_tensor({1, 3}, {1, 2, 3});
  expect_near(forward(one_node(op::Gemm{}, x.shape,
                               {make_tensor({2, 3}, {1, 0, -1, 2, 2, 2}), make_tensor({2}, {0.5F, -1})}),
                      x),
              {1, 2}, {-1.5, 11});

  const Tensor image = make_tensor({1, 2, 1, 2}, {1, 2, 3, 4});
  const std::vector<Tensor> statistics = {make_tensor({2}, {2, 3}), make_tensor({2}, {0.5F, 1}),
                                          make_tensor({2}, {1, 2}), make_tensor({2}, {4, 9})};
  expect_near(forward(one_node(op::BatchNorm{.epsilon = 0}, image.shape, statistics), image), {1, 2, 1, 2},
              {0.5, 1.5, 2, 3});

  // An even size reaches one channel further behind than before.
  const Tensor column = make_tensor({1, 4, 1, 1}, {1, 2, 3, 4});
  const auto lrn = [](double v, double squares) { return v / std::pow(1 + 0.5 / 2 * squares, 0.75); };
  expect_near(
      forward(one_node(op::Lrn{.size = 2, .alpha = 0.5F, .beta = 0.75F, .bias = 1}, column.shape), column),
      {1, 4, 1, 1}, {lrn(1, 5), lrn(2, 13), lrn(3, 25), lrn(4, 16)});

  expect_near(forward(one_node(op::Softmax{.axis = 1}, {1, 2}), make_tensor({1, 2}, {0, std::log(3.0F)})),
              {1, 2}, {0.25, 0.75});
}

TEST(GraphModule, MovesData) {
  const Tensor x = make_tensor({1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_near(forward(one_node(op::GlobalPool{}, x.shape), x), {1, 2, 1, 1}, {2.5, 6.5});
  expect_near(forward(one_node(op::GlobalPool{op::Pool::Kind::max}, x.shape), x), {1, 2, 1, 1}, {4, 8});
  expect_near(forward(one_node(op::Reshape{{8}}, x.shape), x), {1, 8}, {1, 2, 3, 4, 5, 6, 7, 8});
  expect_near(forward(one_node(op::Transpose{{0, 2, 3, 1}}, x.shape), x), {1, 2, 2, 2},
              {1, 5, 2, 6, 3, 7, 4, 8});
  expect_near(forward(one_node(op::ReduceMean{{2, 3}, false}, x.shape), x), {1, 2}, {2.5, 6.5});
  expect_near(forward(one_node(op::Slice{3, 0, 2, 2}, x.shape), x), {1, 2, 2, 1}, {1, 3, 5, 7});
  expect_near(forward(one_node(op::Pad{{0, 1, 0, 0}, 9}, x.shape), x), {1, 2, 2, 3},
              {9, 1, 2, 9, 3, 4, 9, 5, 6, 9, 7, 8});
  const Tensor per_channel = make_tensor({2, 1, 1}, {1, 2});
  expect_near(forward(one_node(op::Binary{op::Binary::Kind::sub}, x.shape, {per_channel}), x), {1, 2, 2, 2},
              {0, 1, 2, 3, 3, 4, 5, 6});
  expect_near(forward(one_node(op::Binary{op::Binary::Kind::div}, x.shape, {per_channel}), x), {1, 2, 2, 2},
              {1, 2, 3, 4, 2.5, 3, 3.5, 4});
}

// x -> conv "a" -> relu "b"; b and x -> concat "c" -> global average "d" -> reshape "e" -> gemm "f".
Graph small_network() {
  Graph graph;
  graph.name = "small";
  graph.inputs = {"x"};
  graph.outputs = {"f"};
  graph.constants = {{"w1", numbers({2, 3, 3, 3})}, {"b1", numbers({2})}, {"w2", numbers({2, 5})}};
  graph.nodes = {{op::Conv{.strides = {1, 1}, .dilations = {1, 1}, .pads = {1, 1, 1, 1}, .groups = 1},
                  {"x", "w1", "b1"},
                  "a"},
                 {op::Activation{op::Activation::Kind::relu, 0, 0}, {"a"}, "b"},
                 {op::Concat{1}, {"b", "x"}, "c"},
                 {op::GlobalPool{}, {"c"}, "d"},
                 {op::Reshape{{5}}, {"d"}, "e"},
                 {op::Gemm{}, {"e", "w2"}, "f"}};
  graph.shapes["x"] = {1, 3, 4, 4};
  infer_shapes(graph);
  return graph;
}

TEST(GraphModule, AnswersAnyActivationForABatch) {
  const Graph graph = small_network();
  const GraphModule module(graph);
  const at::Tensor batch = at::rand({3, 3, 4, 4});
  const std::vector<std::string> wanted = {"c", "x", "f"};
  const auto answers = module.forward(std::span(&batch, 1), wanted);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].sizes().vec(), (Shape{3, 5, 4, 4}));
  EXPECT_TRUE(answers[1].equal(batch));
  for (std::int64_t i = 0; i < 3; ++i) {
    const at::Tensor alone = module.forward(batch.narrow(0, i, 1));
    EXPECT_LT((answers[2][i] - alone[0]).abs().max().item<double>(), 1e-5);
  }
  EXPECT_TRUE(module.parameters().empty());
  EXPECT_ERROR(usage, module.forward(std::span(&batch, 1), std::vector<std::string>{"z"}), "z");
  EXPECT_ERROR(usage, module.forward(at::rand({1, 3, 5, 4})), "1x3x5x4");
}

// Each parameter's gradient agrees with the difference quotient of a loss.
TEST(GraphModule, IsDifferentiable) {
  const GraphModule module(small_network(), "x");
  ASSERT_EQ(module.parameters().size(), 3U);
  const at::Tensor batch = at::arange(96, at::kFloat).sin().reshape({2, 3, 4, 4});
  const auto loss = [&] { return module.forward(batch).square().sum(); };
  loss().backward();
  for (const auto& parameter : module.parameters()) {
    const at::NoGradGuard no_gradients;
    at::Tensor value = parameter.value;
    while (value.dim() > 0) value = value[0];
    const double before = value.item<double>(), step = 1e-2;
    value.fill_(before + step);
    const double high = loss().item<double>();
    value.fill_(before - step);
    const double low = loss().item<double>();
    value.fill_(before);
    const double gradient = parameter.value.grad().reshape({-1})[0].item<double>();
    EXPECT_NEAR((high - low) / (2 * step), gradient, 0.02 * std::abs(gradient) + 1e-3) << parameter.name;
  }
}

// Rounding to bf16 keeps 8 bits: it changes gradients a little, and answers without gradients not at all.
TEST(GraphModule, LearnsInBf16AndAnswersInF32) {
  if (!processor_has(NumberType::bf16)) GTEST_SKIP() << "this processor does not compute in bf16";
  const at::Tensor batch = at::arange(96, at::kFloat).sin().reshape({2, 3, 4, 4});
  const GraphModule exact(small_network(), "x");
  GraphModule rounded(small_network(), "x");
  rounded.learn_in_bf16(true);
  for (const GraphModule* module : {&exact, &std::as_const(rounded)})
    module->forward(batch).square().sum().backward();
  double apart = 0;
  for (std::size_t i = 0; i < exact.parameters().size(); ++i) {
    const at::Tensor wanted = exact.parameters()[i].value.grad(), got = rounded.parameters()[i].value.grad();
    const double error = ((got - wanted).norm() / wanted.norm()).item<double>();
    EXPECT_LT(error, 0.02) << exact.parameters()[i].name;
    apart = std::max(apart, error);
  }
  EXPECT_GT(apart, 1e-5) << "was anything rounded?";
  const at::NoGradGuard no_gradients;
  EXPECT_TRUE(rounded.forward(batch).equal(exact.forward(batch)));
}

TEST(GraphModule, TrainsOnlyBehindTheGivenActivation) {
  const GraphModule module(small_network(), "d");
  ASSERT_EQ(module.parameters().size(), 1U);
  EXPECT_EQ(module.parameters().front().name, "w2");
  EXPECT_ERROR(usage, GraphModule(small_network(), "nowhere"), "nowhere");
}

TEST(GraphModule, PutsTrainedWeightsBackIntoTheGraph) {
  GraphModule module(small_network(), "x");
  {
    const at::NoGradGuard no_gradients;
    for (const auto& parameter : module.parameters()) parameter.value.mul_(0.5);
  }
  const Graph trained = module.trained();
  EXPECT_FLOAT_EQ((*trained.constant("w1").data)[7], 0.5F * (*small_network().constant("w1").data)[7]);
  const at::Tensor batch = at::rand({2, 3, 4, 4});
  EXPECT_TRUE(GraphModule(trained).forward(batch).equal(module.forward(batch)));

  GraphModule other(small_network(), "d");
  other.load(trained);
  EXPECT_TRUE(other.forward(batch).equal(module.forward(batch)));
}

TEST(GraphModule, RefusesWhatItCannotWalk) {
  const op::Pool pool{op::Pool::Kind::average, {2, 2}, {1, 1}, {2, 2}, {0, 0, 0, 0}, false, false};
  EXPECT_ERROR(unsupported, GraphModule(one_node(pool, {1, 1, 4, 4})), "y: average pooling with dilations");
}

}  // namespace
}  // namespace mainstream
