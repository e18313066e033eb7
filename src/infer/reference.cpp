#include "infer/reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace mainstream {
namespace {

using Values = std::vector<float>;
using Index = std::vector<std::int64_t>;  // one position per dimension

std::size_t offset_of(const Shape& shape, const Index& index) {
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) offset = offset * shape[d] + index[d];
  return static_cast<std::size_t>(offset);
}

// Calls `visit` with every index of the shape, in row-major order.
template <typename Visit>
void for_each_index(const Shape& shape, const Visit& visit) {
  Index index(shape.size(), 0);
  for (std::int64_t n = element_count(shape); n > 0; --n) {
    visit(index);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

struct Input {
  const Shape& shape;
  const Values& values;
  float at(const Index& index) const { return values[offset_of(shape, index)]; }
  // The element that numpy broadcasts to an index of higher or equal rank.
  float broadcast(const Index& index) const {
    Index own(shape.size());
    for (std::size_t d = 0; d < own.size(); ++d)
      own[d] = shape[d] == 1 ? 0 : index[index.size() - own.size() + d];
    return at(own);
  }
};

class Reference {
 public:
  Reference(const Graph& graph, const Node& node, const std::map<std::string, Values>& activations)
      : output_(graph.shape(node.output)) {
    for (const auto& name : node.inputs) {
      if (graph.is_constant(name)) {
        const Tensor& tensor = graph.constant(name);
        inputs_.push_back({tensor.shape, *tensor.data});
      } else {
        inputs_.push_back({graph.shape(name), activations.at(name)});
      }
    }
  }

  Values operator()(const op::Conv& conv) const {
    const Shape& weights = inputs_[1].shape;
    const std::int64_t outputs_per_group = weights[0] / conv.groups;
    return each([&](const Index& at) {
      double sum = inputs_.size() > 2 ? inputs_[2].at({at[1]}) : 0;
      for_each_index({weights[1], weights[2], weights[3]}, [&](const Index& k) {
        const std::int64_t c = at[1] / outputs_per_group * weights[1] + k[0];
        const std::int64_t y = at[2] * conv.strides[0] - conv.pads[0] + k[1] * conv.dilations[0];
        const std::int64_t x = at[3] * conv.strides[1] - conv.pads[1] + k[2] * conv.dilations[1];
        if (!inside(y, x)) return;
        sum += double{inputs_[0].at({at[0], c, y, x})} * inputs_[1].at({at[1], k[0], k[1], k[2]});
      });
      return sum;
    });
  }

  Values operator()(const op::Gemm&) const {
    return each([&](const Index& at) {
      double sum = inputs_.size() > 2 ? inputs_[2].at({at[1]}) : 0;
      for (std::int64_t k = 0; k < inputs_[0].shape[1]; ++k)
        sum += double{inputs_[0].at({at[0], k})} * inputs_[1].at({at[1], k});
      return sum;
    });
  }

  Values operator()(const op::Pool& pool) const {
    return each([&](const Index& at) {
      double sum = 0;
      double highest = -std::numeric_limits<double>::infinity();
      std::int64_t count = 0;
      for_each_index({pool.kernel[0], pool.kernel[1]}, [&](const Index& k) {
        const std::int64_t y = at[2] * pool.strides[0] - pool.pads[0] + k[0] * pool.dilations[0];
        const std::int64_t x = at[3] * pool.strides[1] - pool.pads[1] + k[1] * pool.dilations[1];
        const bool in_padding =
            y < inputs_[0].shape[2] + pool.pads[2] && x < inputs_[0].shape[3] + pool.pads[3];
        if (pool.count_padding && in_padding) ++count;
        if (!inside(y, x)) return;
        if (!pool.count_padding) ++count;
        sum += inputs_[0].at({at[0], at[1], y, x});
        highest = std::max(highest, double{inputs_[0].at({at[0], at[1], y, x})});
      });
      return pool.kind == op::Pool::Kind::max ? highest : sum / static_cast<double>(count);
    });
  }

  Values operator()(const op::GlobalPool& pool) const {
    const Shape& shape = inputs_[0].shape;
    return each([&](const Index& at) {
      double sum = 0;
      double highest = -std::numeric_limits<double>::infinity();
      for_each_index({shape[2], shape[3]}, [&](const Index& p) {
        const double value = inputs_[0].at({at[0], at[1], p[0], p[1]});
        sum += value;
        highest = std::max(highest, value);
      });
      return pool.kind == op::Pool::Kind::max ? highest : sum / static_cast<double>(shape[2] * shape[3]);
    });
  }

  Values operator()(const op::Activation& activation) const {
    return each([&](const Index& at) { return activate(activation, inputs_[0].at(at)); });
  }

  Values operator()(const op::Binary& binary) const {
    return each([&](const Index& at) {
      const double a = inputs_[0].broadcast(at);
      const double b = inputs_[1].broadcast(at);
      switch (binary.kind) {
        case op::Binary::Kind::add:
          return a + b;
        case op::Binary::Kind::sub:
          return a - b;
        case op::Binary::Kind::mul:
          return a * b;
        case op::Binary::Kind::div:
          return a / b;
      }
      return 0.0;
    });
  }

  Values operator()(const op::Concat& concat) const {
    const auto axis = static_cast<std::size_t>(concat.axis);
    return each([&](const Index& at) -> double {
      Index index = at;
      for (const Input& input : inputs_) {
        if (index[axis] < input.shape[axis]) return input.at(index);
        index[axis] -= input.shape[axis];
      }
      throw std::logic_error("concatenated shapes do not add up");
    });
  }

  Values operator()(const op::Softmax& softmax) const {
    const auto axis = static_cast<std::size_t>(softmax.axis);
    return each([&](const Index& at) {
      double sum = 0;
      Index other = at;
      for (other[axis] = 0; other[axis] < output_[axis]; ++other[axis])
        sum += std::exp(double{inputs_[0].at(other)} - inputs_[0].at(at));
      return 1 / sum;
    });
  }

  Values operator()(const op::BatchNorm& norm) const {
    return each([&](const Index& at) {
      const auto channel = [&](std::size_t input) { return double{inputs_[input].at({at[1]})}; };
      return (inputs_[0].at(at) - channel(3)) / std::sqrt(channel(4) + norm.epsilon) * channel(1) +
             channel(2);
    });
  }

  Values operator()(const op::Lrn& lrn) const {
    return each([&](const Index& at) {
      double squares = 0;
      for (std::int64_t c = at[1] - (lrn.size - 1) / 2; c <= at[1] + lrn.size / 2; ++c) {
        if (c < 0 || c >= output_[1]) continue;
        Index other = at;
        other[1] = c;
        squares += double{inputs_[0].at(other)} * inputs_[0].at(other);
      }
      return inputs_[0].at(at) /
             std::pow(lrn.bias + lrn.alpha / static_cast<double>(lrn.size) * squares, lrn.beta);
    });
  }

  Values operator()(const op::Pad& pad) const {
    return each([&](const Index& at) -> double {
      const std::int64_t y = at[2] - pad.pads[0];
      const std::int64_t x = at[3] - pad.pads[1];
      return inside(y, x) ? inputs_[0].at({at[0], at[1], y, x}) : pad.value;
    });
  }

  Values operator()(const op::Reshape&) const { return inputs_[0].values; }

  Values operator()(const op::Transpose& transpose) const {
    return each([&](const Index& at) {
      Index from(at.size());
      for (std::size_t i = 0; i < at.size(); ++i) from[static_cast<std::size_t>(transpose.order[i])] = at[i];
      return inputs_[0].at(from);
    });
  }

  Values operator()(const op::ReduceMean& reduce) const {
    const Shape& shape = inputs_[0].shape;
    Shape kept = shape;  // the output's shape with all dimensions
    for (const std::int64_t axis : reduce.axes) kept[static_cast<std::size_t>(axis)] = 1;
    std::vector<double> sums(static_cast<std::size_t>(element_count(kept)), 0);
    for_each_index(shape, [&](const Index& at) {
      Index target = at;
      for (const std::int64_t axis : reduce.axes) target[static_cast<std::size_t>(axis)] = 0;
      sums[offset_of(kept, target)] += inputs_[0].at(at);
    });
    const std::int64_t count = element_count(shape) / element_count(kept);
    Values means;
    for (const double sum : sums) means.push_back(static_cast<float>(sum / static_cast<double>(count)));
    return means;
  }

  Values operator()(const op::Slice& slice) const {
    return each([&](const Index& at) {
      Index from = at;
      auto& position = from[static_cast<std::size_t>(slice.axis)];
      position = slice.begin + position * slice.step;
      return inputs_[0].at(from);
    });
  }

 private:
  template <typename Element>
  Values each(const Element& element) const {
    Values values;
    values.reserve(static_cast<std::size_t>(element_count(output_)));
    for_each_index(output_, [&](const Index& at) { values.push_back(static_cast<float>(element(at))); });
    return values;
  }

  bool inside(std::int64_t y, std::int64_t x) const {
    const Shape& shape = inputs_[0].shape;
    return y >= 0 && y < shape[2] && x >= 0 && x < shape[3];
  }

  static double activate(const op::Activation& activation, double x) {
    const double alpha = activation.alpha;
    const double beta = activation.beta;
    switch (activation.kind) {
      case op::Activation::Kind::relu:
        return std::max(x, 0.0);
      case op::Activation::Kind::clip:
        return std::clamp(x, alpha, beta);
      case op::Activation::Kind::leaky_relu:
        return x < 0 ? alpha * x : x;
      case op::Activation::Kind::elu:
        return x < 0 ? alpha * std::expm1(x) : x;
      case op::Activation::Kind::sigmoid:
        return 1 / (1 + std::exp(-x));
      case op::Activation::Kind::hard_sigmoid:
        return std::clamp(alpha * x + beta, 0.0, 1.0);
      case op::Activation::Kind::hard_swish:
        return x * std::clamp(alpha * x + beta, 0.0, 1.0);
      case op::Activation::Kind::swish:
        return x / (1 + std::exp(-alpha * x));
      case op::Activation::Kind::tanh:
        return std::tanh(x);
    }
    throw std::logic_error("an activation without a reference");
  }

  const Shape& output_;
  std::vector<Input> inputs_;
};

}  // namespace

std::map<std::string, std::vector<float>> run_reference(const Graph& graph,
                                                        std::map<std::string, std::vector<float>> inputs) {
  auto activations = std::move(inputs);
  for (const Node& node : graph.nodes) {
    activations[node.output] = std::visit(Reference(graph, node, activations), node.op);
  }
  return activations;
}

}  // namespace mainstream
