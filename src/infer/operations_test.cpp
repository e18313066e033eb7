// Every operation on random shapes, in plain and in blocked layouts, against the reference.
#include <functional>

#include "infer/agreement.hpp"

namespace mainstream {
namespace {

constexpr std::uint32_t kCases = 16;

// A picture-like activation; in half of the cases a convolution gives it a blocked layout.
std::string picture(GraphMaker& maker, std::int64_t smallest = 1) {
  const std::int64_t channels = maker.coin() ? maker.whole(1, 40) : 16 * maker.whole(1, 3);
  const Shape shape{maker.whole(1, 2), channels, maker.whole(smallest, 12), maker.whole(smallest, 12)};
  const std::string x = maker.input(shape);
  return maker.coin() ? x : maker.conv(x, maker.coin() ? maker.whole(1, 40) : 32, 1);
}

void expect_op(const std::function<std::string(GraphMaker&)>& make) {
  const Engine engine({.threads = 1});
  for (std::uint32_t seed = 0; seed < kCases; ++seed) {
    GraphMaker maker(seed);
    maker.graph.outputs.push_back(make(maker));
    expect_agreement(engine, maker);
    if (testing::Test::HasFailure()) return;
  }
}

op::Pads pads(GraphMaker& maker, std::int64_t most) {
  return {maker.whole(0, most), maker.whole(0, most), maker.whole(0, most), maker.whole(0, most)};
}

TEST(Operations, Convolution) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m, 5);
    op::Conv conv{
        .strides = {m.whole(1, 2), m.whole(1, 2)}, .dilations = {m.whole(1, 2), 1}, .pads = pads(m, 2)};
    return m.conv(x, m.whole(1, 40), m.whole(1, 3), conv, m.coin());
  });
}

TEST(Operations, GroupedConvolution) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m, 3);
    const std::int64_t channels = m.graph.shape(x)[1];
    const std::int64_t groups = m.coin() || channels % 2 == 1 ? channels : 2;  // depthwise or two
    op::Conv conv{.strides = {m.whole(1, 2), 1}, .pads = pads(m, 1), .groups = groups};
    return m.conv(x, groups * m.whole(1, 2), 3, conv, m.coin());
  });
}

TEST(Operations, ConvolutionWithActivation) {
  expect_op([](GraphMaker& m) {
    const auto kind = static_cast<op::Activation::Kind>(m.whole(0, 8));
    const std::string y = m.conv(picture(m, 3), m.whole(1, 40), 3, {.pads = {1, 1, 1, 1}});
    return m.node(op::Activation{kind, 0.25F, 0.5F}, {y});
  });
}

TEST(Operations, Gemm) {
  expect_op([](GraphMaker& m) {
    const std::string x = m.input({m.whole(1, 3), m.whole(1, 300)});
    const std::int64_t outputs = m.whole(1, 70);
    std::vector<std::string> inputs{x, m.constant({outputs, m.graph.shape(x)[1]})};
    if (m.coin()) inputs.push_back(m.constant({outputs}));
    const std::string y = m.node(op::Gemm{}, inputs);
    return m.coin() ? y : m.relu(y);
  });
}

TEST(Operations, GemmOfAPicture) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m);
    const Shape shape = m.graph.shape(x);
    const std::int64_t size = shape[1] * shape[2] * shape[3];
    const std::string flat = m.node(op::Reshape{{size}}, {x});
    std::vector<std::string> inputs{flat, m.constant({m.whole(1, 40), size}, -0.1F, 0.1F)};
    if (m.coin()) inputs.push_back(m.constant({m.graph.constant(inputs[1]).shape[0]}));
    const std::string y = m.node(op::Gemm{}, inputs);
    if (m.coin()) m.graph.outputs.push_back(flat);  // another reader needs it, too
    return m.coin() ? y : m.relu(y);
  });
}

TEST(Operations, Pool) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m, 4);
    op::Pool pool{.kernel = {m.whole(1, 4), m.whole(1, 4)}, .strides = {m.whole(1, 3), m.whole(1, 3)}};
    for (std::size_t i = 0; i < 4; ++i) pool.pads[i] = m.whole(0, pool.kernel[i % 2] / 2);
    pool.kind = m.coin() ? op::Pool::Kind::max : op::Pool::Kind::average;
    pool.count_padding = pool.kind == op::Pool::Kind::average && m.coin();
    pool.ceil = m.coin();
    return m.node(pool, {x});
  });
}

TEST(Operations, GlobalPool) {
  expect_op([](GraphMaker& m) {
    return m.node(op::GlobalPool{m.coin() ? op::Pool::Kind::max : op::Pool::Kind::average}, {picture(m)});
  });
}

TEST(Operations, Activation) {
  for (int kind = 0; kind <= static_cast<int>(op::Activation::Kind::tanh); ++kind) {
    expect_op([kind](GraphMaker& m) {
      return m.node(op::Activation{static_cast<op::Activation::Kind>(kind), 0.2F, 0.4F}, {picture(m)});
    });
  }
}

TEST(Operations, StandardHardSwish) {
  expect_op([](GraphMaker& m) {
    return m.node(op::Activation{op::Activation::Kind::hard_swish, 1.0F / 6, 0.5F}, {picture(m)});
  });
}

// The other operand: an activation or a constant, of a shape that numpy would broadcast.
std::string other_operand(GraphMaker& m, Shape shape) {
  for (auto& size : shape) {
    if (m.whole(0, 2) == 0) size = 1;
  }
  if (m.whole(0, 3) == 0) shape.erase(shape.begin(), shape.begin() + m.whole(1, 3));
  if (m.coin()) return m.constant(shape, 0.5F, 2.0F);
  const std::string x = m.input(shape);
  // Away from zero, so that it can divide.
  return m.node(op::Activation{op::Activation::Kind::sigmoid}, {x});
}

TEST(Operations, BinaryWithBroadcasting) {
  for (int kind = 0; kind < 4; ++kind) {
    expect_op([kind](GraphMaker& m) {
      const std::string x = m.node(op::Activation{op::Activation::Kind::sigmoid}, {picture(m)});
      const std::string y = other_operand(m, m.graph.shape(x));
      std::vector<std::string> inputs{x, y};
      if (m.coin()) std::swap(inputs[0], inputs[1]);
      const std::string z = m.node(op::Binary{static_cast<op::Binary::Kind>(kind)}, inputs);
      return m.coin() ? z : m.relu(z);
    });
  }
}

// Squeeze and excitation behind a convolution of groups of 8, as in RegNet.
TEST(Operations, ChannelFactorsAreNeverLeftToTheReference) {
  GraphMaker m(1);
  const std::string x = m.relu(m.conv(m.input({1, 24, 9, 9}), 24, 3, {.pads = {1, 1, 1, 1}, .groups = 3}));
  const std::string factors = m.conv(m.node(op::GlobalPool{}, {x}), 24, 1);
  m.graph.outputs = {m.node(op::Binary{op::Binary::Kind::mul}, {factors, x})};
  const Engine engine({.threads = 1});
  expect_agreement(engine, m);
  for (const StepInfo& step : Network(engine, m.graph).steps())
    EXPECT_FALSE(step.implementation.starts_with("ref")) << step.primitive << ' ' << step.layout;
}

TEST(Operations, BinaryWhereBothBroadcast) {
  expect_op([](GraphMaker& m) {
    const std::string column = m.input({1, m.whole(1, 20), 1, 1});
    const std::string row = m.input({1, 1, m.whole(1, 5), m.whole(1, 20)});
    return m.node(op::Binary{m.coin() ? op::Binary::Kind::add : op::Binary::Kind::sub}, {column, row});
  });
}

TEST(Operations, Concat) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m);
    const auto axis = static_cast<std::size_t>(m.whole(0, 3));
    std::vector<std::string> inputs{x};
    for (std::int64_t i = m.whole(1, 3); i > 0; --i) {
      if (axis == 1) {
        inputs.push_back(m.conv(x, m.coin() ? 16 * m.whole(1, 2) : m.whole(1, 30), 1));
      } else {
        Shape shape = m.graph.shape(x);
        shape[axis] = m.whole(1, 5);
        inputs.push_back(m.input(shape));
      }
    }
    return m.node(op::Concat{static_cast<std::int64_t>(axis)}, inputs);
  });
}

TEST(Operations, Softmax) {
  expect_op([](GraphMaker& m) { return m.node(op::Softmax{m.whole(1, 3)}, {picture(m)}); });
}

TEST(Operations, BatchNorm) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m);
    const Shape c{m.graph.shape(x)[1]};
    const std::string y = m.node(op::BatchNorm{1e-3F},
                                 {x, m.constant(c), m.constant(c), m.constant(c), m.constant(c, 0.5F, 2.0F)});
    return m.coin() ? y : m.relu(y);
  });
}

TEST(Operations, Lrn) {
  expect_op([](GraphMaker& m) {
    return m.node(op::Lrn{.size = 2 * m.whole(0, 3) + 1, .alpha = 0.5F, .beta = 0.75F, .bias = 1.5F},
                  {picture(m)});
  });
}

TEST(Operations, Pad) {
  expect_op([](GraphMaker& m) { return m.node(op::Pad{pads(m, 3), m.coin() ? 0.0F : 0.7F}, {picture(m)}); });
}

TEST(Operations, Reshape) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m);
    const Shape& shape = m.graph.shape(x);
    if (m.coin()) return m.node(op::Reshape{{shape[1] * shape[2] * shape[3]}}, {x});
    return m.node(op::Reshape{{shape[1] * shape[2], shape[3]}}, {x});
  });
}

TEST(Operations, Transpose) {
  expect_op([](GraphMaker& m) {
    std::vector<std::int64_t> order{1, 2, 3};
    for (std::int64_t i = m.whole(0, 5); i > 0; --i) std::next_permutation(order.begin(), order.end());
    order.insert(order.begin(), 0);
    return m.node(op::Transpose{order}, {picture(m)});
  });
}

TEST(Operations, ReduceMean) {
  expect_op([](GraphMaker& m) {
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = 1; axis < 4; ++axis) {
      if (m.coin()) axes.push_back(axis);
    }
    if (axes.empty()) axes = {2, 3};
    return m.node(op::ReduceMean{axes, m.coin()}, {picture(m)});
  });
}

TEST(Operations, Slice) {
  expect_op([](GraphMaker& m) {
    const std::string x = picture(m);
    const std::int64_t axis = m.whole(1, 3);
    const std::int64_t size = m.graph.shape(x)[static_cast<std::size_t>(axis)];
    std::int64_t begin = m.whole(0, size - 1);
    if (m.coin()) begin = begin / 16 * 16;
    return m.node(op::Slice{axis, begin, m.whole(begin + 1, size), m.coin() ? 1 : m.whole(1, 3)}, {x});
  });
}

}  // namespace
}  // namespace mainstream
