#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;  // elements of one activation, 8 GiB
constexpr std::int64_t kMaxAttribute = 1 << 16;               // a kernel, stride, pad or dilation

class ShapeInference {
 public:
  ShapeInference(const Graph& graph, const Node& node) : graph_(graph), node_(node) {}

  Shape infer() {
    Shape shape = std::visit(*this, node_.op);
    for (const std::int64_t size : shape) {
      if (size < 1) fail(fmt::format("its output would be {}", to_string(shape)));
    }
    if (shape.size() > kMaxRank) fail(fmt::format("its output would have {} dimensions", shape.size()));
    if (count_of(shape).value_or(INT64_MAX) > kMaxElements) {
      fail(fmt::format("its output {} has more than {} elements", to_string(shape), kMaxElements));
    }
    return shape;
  }

  Shape operator()(const op::Conv& conv) {
    const Shape& x = image(0);
    const Shape weights = constant(1, 4);
    check(conv.strides, 1);
    check(conv.dilations, 1);
    check(conv.pads, 0);
    if (conv.groups < 1 || x[1] % conv.groups != 0 || weights[0] % conv.groups != 0 ||
        weights[1] != x[1] / conv.groups) {
      fail(fmt::format("weights {} in {} groups do not fit its input {}", to_string(weights), conv.groups,
                       to_string(x)));
    }
    if (node_.inputs.size() > 2) bias(2, weights[0]);
    return {x[0], weights[0], window(x, 0, weights[2], conv), window(x, 1, weights[3], conv)};
  }

  Shape operator()(const op::Gemm&) {
    const Shape& x = input(0);
    const Shape weights = constant(1, 2);
    if (x.size() != 2 || x[1] != weights[1]) {
      fail(fmt::format("weights {} do not fit its input {}", to_string(weights), to_string(x)));
    }
    if (node_.inputs.size() > 2) bias(2, weights[0]);
    return {x[0], weights[0]};
  }

  Shape operator()(const op::Pool& pool) {
    const Shape& x = image(0);
    check(pool.kernel, 1);
    check(pool.strides, 1);
    check(pool.dilations, 1);
    check(pool.pads, 0);
    for (const std::size_t i : {0U, 1U}) {
      if (pool.pads[i] >= reach(pool, i) || pool.pads[i + 2] >= reach(pool, i)) {
        fail("its padding is as large as its kernel");
      }
    }
    return {x[0], x[1], window(x, 0, pool.kernel[0], pool, pool.ceil),
            window(x, 1, pool.kernel[1], pool, pool.ceil)};
  }

  Shape operator()(const op::GlobalPool&) {
    const Shape& x = image(0);
    return {x[0], x[1], 1, 1};
  }

  Shape operator()(const op::Activation&) { return input(0); }

  Shape operator()(const op::Binary&) {
    const Shape& a = input(0);
    const Shape& b = input(1);
    Shape out(std::max(a.size(), b.size()));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
      const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
      if (x != y && x != 1 && y != 1)
        fail(fmt::format("cannot broadcast {} and {}", to_string(a), to_string(b)));
      out[out.size() - 1 - i] = std::max(x, y);
    }
    return out;
  }

  Shape operator()(const op::Concat& concat) {
    Shape out = input(0);
    check_axis(concat.axis, out);
    for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
      Shape next = input(i);
      const auto axis = static_cast<std::size_t>(concat.axis);
      if (next.size() == out.size()) {
        const std::int64_t size = next[axis];
        next[axis] = out[axis];
        if (next == out) {
          out[axis] += size;
          continue;
        }
      }
      fail(fmt::format("cannot concatenate {} and {} on axis {}", to_string(out), to_string(input(i)),
                       concat.axis));
    }
    return out;
  }

  Shape operator()(const op::Softmax& softmax) {
    check_axis(softmax.axis, input(0));
    return input(0);
  }

  Shape operator()(const op::BatchNorm&) {
    const Shape& x = input(0);
    if (x.size() < 2) fail(fmt::format("its input is {}", to_string(x)));
    for (const std::size_t i : {1U, 2U, 3U, 4U}) bias(i, x[1]);
    return x;
  }

  Shape operator()(const op::Lrn& lrn) {
    if (lrn.size < 1 || lrn.size > kMaxAttribute) fail(fmt::format("size {} is impossible", lrn.size));
    return image(0);
  }

  Shape operator()(const op::Pad& pad) {
    const Shape& x = image(0);
    check(pad.pads, 0);
    return {x[0], x[1], x[2] + pad.pads[0] + pad.pads[2], x[3] + pad.pads[1] + pad.pads[3]};
  }

  Shape operator()(const op::Reshape& reshape) {
    const Shape& x = input(0);
    Shape out{x[0]};
    out.insert(out.end(), reshape.shape.begin(), reshape.shape.end());
    if (count_of(out) != element_count(x)) {
      fail(fmt::format("{} cannot become {}", to_string(x), to_string(out)));
    }
    return out;
  }

  Shape operator()(const op::Transpose& transpose) {
    const Shape& x = input(0);
    std::vector<std::int64_t> sorted = transpose.order;
    std::sort(sorted.begin(), sorted.end());
    Shape out;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (sorted.size() != x.size() || sorted[i] != static_cast<std::int64_t>(i)) {
        fail(fmt::format("its order does not fit its input {}", to_string(x)));
      }
      out.push_back(x[static_cast<std::size_t>(transpose.order[i])]);
    }
    return out;
  }

  Shape operator()(const op::ReduceMean& reduce) {
    const Shape& x = input(0);
    Shape out;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool reduced = std::find(reduce.axes.begin(), reduce.axes.end(), i) != reduce.axes.end();
      if (!reduced) out.push_back(x[i]);
      if (reduced && reduce.keep_dims) out.push_back(1);
    }
    for (const std::int64_t axis : reduce.axes) check_axis(axis, x);
    if (std::adjacent_find(reduce.axes.begin(), reduce.axes.end(), std::greater_equal<>()) !=
        reduce.axes.end()) {
      fail("duplicate axis");
    }
    return out;
  }

  Shape operator()(const op::Slice& slice) {
    Shape out = input(0);
    check_axis(slice.axis, out);
    std::int64_t& size = out[static_cast<std::size_t>(slice.axis)];
    if (slice.begin < 0 || slice.begin >= slice.end || slice.end > size || slice.step < 1) {
      fail(fmt::format("cannot slice elements {} to {} by {} of axis {} of {}", slice.begin, slice.end,
                       slice.step, slice.axis, to_string(out)));
    }
    size = (slice.end - slice.begin - 1) / slice.step + 1;
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::unsupported,
                fmt::format("{}: node '{}' ({}): {}", graph_.name, node_.output, op_name(node_.op), what));
  }

  const Shape& input(std::size_t i) const {
    if (i >= node_.inputs.size()) fail(fmt::format("input {} is missing", i));
    return value_shape(graph_, node_.inputs[i]);
  }

  const Shape& image(std::size_t i) const {
    const Shape& shape = input(i);
    if (shape.size() != 4) fail(fmt::format("expected an input of 4 dimensions, got {}", to_string(shape)));
    return shape;
  }

  const Shape& constant(std::size_t i, std::size_t rank) const {
    const Shape& shape = input(i);
    if (!graph_.is_constant(node_.inputs[i])) fail(fmt::format("input {} must be constant", i));
    if (shape.size() != rank)
      fail(fmt::format("input {}: expected {} dimensions, got {}", i, rank, to_string(shape)));
    return shape;
  }

  void bias(std::size_t i, std::int64_t size) const {
    if (constant(i, 1)[0] != size) fail(fmt::format("input {}: expected {} values", i, size));
  }

  void check_axis(std::int64_t axis, const Shape& shape) const {
    if (axis < 0 || axis >= static_cast<std::int64_t>(shape.size())) {
      fail(fmt::format("axis {} is outside {}", axis, to_string(shape)));
    }
  }

  template <typename Values>
  void check(const Values& values, std::int64_t low) const {
    for (const std::int64_t value : values) {
      if (value < low || value > kMaxAttribute) fail(fmt::format("attribute value {} is impossible", value));
    }
  }

  // The extent of a kernel, from its first element to past its last.
  template <typename Window>
  static std::int64_t reach(const Window& window, std::size_t i) {
    return (window.kernel[i] - 1) * window.dilations[i] + 1;
  }

  template <typename Window>
  std::int64_t window(const Shape& x, std::size_t i, std::int64_t kernel, const Window& attributes,
                      bool ceil = false) const {
    const std::int64_t size = x[i + 2];
    const std::int64_t stride = attributes.strides[i];
    const std::int64_t room =
        size + attributes.pads[i] + attributes.pads[i + 2] - ((kernel - 1) * attributes.dilations[i] + 1);
    if (room < 0) fail(fmt::format("its kernel is larger than its padded input {}", to_string(x)));
    if (!ceil) return room / stride + 1;
    std::int64_t out = (room + stride - 1) / stride + 1;
    // A window that would begin in the padding behind the input is left out.
    if ((out - 1) * stride >= size + attributes.pads[i]) --out;
    return out;
  }

  const Graph& graph_;
  const Node& node_;
};

}  // namespace

const Shape& value_shape(const Graph& graph, const std::string& value) {
  const auto constant = graph.constants.find(value);
  return constant != graph.constants.end() ? constant->second.shape : graph.shape(value);
}

Shape output_shape(const Graph& graph, const Node& node) {
  return ShapeInference(graph, node).infer();
}

void infer_shapes(Graph& graph) {
  for (const Node& node : graph.nodes) graph.shapes[node.output] = output_shape(graph, node);
}

Graph with_batch(Graph graph, std::int64_t batch) {
  for (const std::string& input : graph.inputs) graph.shapes[input].at(0) = batch;
  infer_shapes(graph);
  return graph;
}

}  // namespace mainstream
