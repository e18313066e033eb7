#include "train/torch/torch_ops.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Inputs = std::span<const at::Tensor>;

at::Tensor padded(const at::Tensor& x, const op::Pads& pads, double value) {
  if (pads == op::Pads{0, 0, 0, 0}) return x;
  const auto [top, left, bottom, right] = pads;
  return at::constant_pad_nd(x, {left, right, top, bottom}, value);
}

bool symmetric(const op::Pads& pads) {
  return pads[0] == pads[2] && pads[1] == pads[3];
}

at::Tensor run(const op::Conv& conv, Inputs in, const Shape&) {
  const bool direct = symmetric(conv.pads);
  const at::Tensor x = direct ? in[0] : padded(in[0], conv.pads, 0);
  const op::Pair pads = direct ? op::Pair{conv.pads[0], conv.pads[1]} : op::Pair{0, 0};
  const at::Tensor bias = in.size() > 2 ? in[2] : at::Tensor();
  return at::conv2d(x, in[1], bias, conv.strides, pads, conv.dilations, conv.groups);
}

at::Tensor run(const op::Gemm&, Inputs in, const Shape&) {
  return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor());
}

// The pads, enlarged by the reach of the last window when the output size is rounded up.
op::Pads reached(const op::Pool& pool, const at::Tensor& x, const Shape& output) {
  op::Pads pads = pool.pads;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t window = pool.dilations[i] * (pool.kernel[i] - 1) + 1;
    const std::int64_t needed = (output[i + 2] - 1) * pool.strides[i] + window;
    const std::int64_t size = x.size(static_cast<std::int64_t>(i) + 2);
    pads[i + 2] = std::max(pads[i + 2], needed - size - pads[i]);
  }
  return pads;
}

at::Tensor max_pool(const op::Pool& pool, const at::Tensor& x, const op::Pads& pads) {
  const bool direct = symmetric(pads) && 2 * pads[0] <= pool.kernel[0] && 2 * pads[1] <= pool.kernel[1];
  if (direct) {
    return at::max_pool2d(x, pool.kernel, pool.strides, {pads[0], pads[1]}, pool.dilations);
  }
  const at::Tensor wide = padded(x, pads, -std::numeric_limits<double>::infinity());
  return at::max_pool2d(wide, pool.kernel, pool.strides, 0, pool.dilations);
}

// Sums over windows, divided by the number of elements that count.
at::Tensor average_pool(const op::Pool& pool, const at::Tensor& x, const op::Pads& pads) {
  const bool direct =
      symmetric(pads) && pads == pool.pads && 2 * pads[0] <= pool.kernel[0] && 2 * pads[1] <= pool.kernel[1];
  if (direct) {
    return at::avg_pool2d(x, pool.kernel, pool.strides, {pads[0], pads[1]}, false, pool.count_padding);
  }
  at::Tensor counted = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
  if (pool.count_padding) counted = padded(counted, pool.pads, 1);
  op::Pads rest = pads;
  if (pool.count_padding) {
    for (std::size_t i = 0; i < 4; ++i) rest[i] -= pool.pads[i];
  }
  const auto sums = [&](const at::Tensor& t) {
    return at::avg_pool2d(t, pool.kernel, pool.strides, 0, false, true, 1);
  };
  return sums(padded(x, pads, 0)) / sums(padded(counted, rest, 0));
}

at::Tensor run(const op::Pool& pool, Inputs in, const Shape& output) {
  const op::Pads pads = reached(pool, in[0], output);
  return pool.kind == op::Pool::Kind::max ? max_pool(pool, in[0], pads) : average_pool(pool, in[0], pads);
}

at::Tensor run(const op::GlobalPool& pool, Inputs in, const Shape&) {
  return pool.kind == op::Pool::Kind::max ? at::amax(in[0], {2, 3}, true) : at::mean(in[0], {2, 3}, true);
}

at::Tensor run(const op::Activation& activation, Inputs in, const Shape&) {
  const at::Tensor& x = in[0];
  const double alpha = activation.alpha, beta = activation.beta;
  using Kind = op::Activation::Kind;
  switch (activation.kind) {
    case Kind::relu:
      return at::relu(x);
    case Kind::clip:
      return at::hardtanh(x, alpha, beta);
    case Kind::leaky_relu:
      return at::leaky_relu(x, alpha);
    case Kind::elu:
      return at::elu(x, alpha);
    case Kind::sigmoid:
      return at::sigmoid(x);
    case Kind::hard_sigmoid:
      return at::clamp(x * alpha + beta, 0, 1);
    case Kind::hard_swish:
      return x * at::clamp(x * alpha + beta, 0, 1);
    case Kind::swish:
      return alpha == 1 ? at::silu(x) : x * at::sigmoid(x * alpha);
    case Kind::tanh:
      return at::tanh(x);
  }
  throw Error(ErrorKind::failed, "unknown activation");
}

at::Tensor run(const op::Binary& binary, Inputs in, const Shape&) {
  using Kind = op::Binary::Kind;
  switch (binary.kind) {
    case Kind::add:
      return in[0] + in[1];
    case Kind::sub:
      return in[0] - in[1];
    case Kind::mul:
      return in[0] * in[1];
    case Kind::div:
      return in[0] / in[1];
  }
  throw Error(ErrorKind::failed, "unknown binary operation");
}

at::Tensor run(const op::Concat& concat, Inputs in, const Shape&) {
  return at::cat(at::TensorList(in.data(), in.size()), concat.axis);
}

at::Tensor run(const op::Softmax& softmax, Inputs in, const Shape&) {
  return at::softmax(in[0], softmax.axis);
}

at::Tensor run(const op::BatchNorm& norm, Inputs in, const Shape&) {
  return at::batch_norm(in[0], in[1], in[2], in[3], in[4], /*training=*/false, 0, norm.epsilon, false);
}

// x / (bias + alpha * mean of squares over `size` channels)^beta, with ONNX's choice of the channels when
// `size` is even: one more behind than before.
at::Tensor run(const op::Lrn& lrn, Inputs in, const Shape&) {
  const std::int64_t before = (lrn.size - 1) / 2, behind = lrn.size / 2;
  const at::Tensor squares =
      at::constant_pad_nd(in[0].square().unsqueeze(1), {0, 0, 0, 0, before, behind}, 0);
  const at::Tensor means = at::avg_pool3d(squares, {lrn.size, 1, 1}, 1).squeeze(1);
  return in[0] / at::pow(means * lrn.alpha + lrn.bias, lrn.beta);
}

at::Tensor run(const op::Pad& pad, Inputs in, const Shape&) {
  return padded(in[0], pad.pads, pad.value);
}

at::Tensor run(const op::Reshape& reshape, Inputs in, const Shape&) {
  Shape shape{in[0].size(0)};
  shape.insert(shape.end(), reshape.shape.begin(), reshape.shape.end());
  return in[0].reshape(shape);
}

at::Tensor run(const op::Transpose& transpose, Inputs in, const Shape&) {
  return in[0].permute(transpose.order);
}

at::Tensor run(const op::ReduceMean& reduce, Inputs in, const Shape&) {
  return at::mean(in[0], reduce.axes, reduce.keep_dims);
}

at::Tensor run(const op::Slice& slice, Inputs in, const Shape&) {
  return at::slice(in[0], slice.axis, slice.begin, slice.end, slice.step);
}

}  // namespace

at::Tensor run_node(const Op& operation, Inputs inputs, const Shape& output) {
  return std::visit([&](const auto& op) { return run(op, inputs, output); }, operation);
}

void check_walkable(const Node& node) {
  const auto* pool = std::get_if<op::Pool>(&node.op);
  if (pool != nullptr && pool->kind == op::Pool::Kind::average && pool->dilations != op::Pair{1, 1}) {
    throw Error(ErrorKind::unsupported,
                node.output + ": average pooling with dilations cannot be trained, expected dilations 1 x 1");
  }
}

}  // namespace mainstream
