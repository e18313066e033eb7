// Activations and broadcasting arithmetic.
#include <algorithm>
#include <string_view>

#include "infer/activation.hpp"
#include "infer/operations.hpp"

namespace mainstream {
namespace {

void eltwise_step(PlanBuilder& builder, const Eltwise& eltwise, const Value& from, const Value& to) {
  const dnnl::eltwise_forward::desc operation(dnnl::prop_kind::forward_inference, eltwise.algorithm,
                                              from.layout, eltwise.alpha, eltwise.beta);
  const dnnl::eltwise_forward::primitive_desc desc(operation, attributes(), builder.engine());
  builder.step<dnnl::eltwise_forward>("eltwise", desc, {{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, {}});
}

// The activation in its own layout, but without blocks that are not full: in these, oneDNN 2.6 computes wrong
// sums and products and writes past their end (AVX2 and AVX-512).
Value without_padding(PlanBuilder& builder, const std::string& name, DataType type) {
  const Value value = builder.value(name, type);
  return has_padding(value.layout) ? builder.read(name, unblocked(value.layout)) : value;
}

dnnl::algorithm algorithm_of(op::Binary::Kind kind) {
  switch (kind) {
    case op::Binary::Kind::add:
      return dnnl::algorithm::binary_add;
    case op::Binary::Kind::sub:
      return dnnl::algorithm::binary_sub;
    case op::Binary::Kind::mul:
      return dnnl::algorithm::binary_mul;
    case op::Binary::Kind::div:
      return dnnl::algorithm::binary_div;
  }
  return dnnl::algorithm::undef;
}

// As in numpy, missing leading dimensions are 1.
Shape with_rank(const Shape& shape, std::size_t rank) {
  Shape full(rank - std::min(rank, shape.size()), 1);
  full.insert(full.end(), shape.begin(), shape.end());
  return full;
}

Tensor broadcast(const Tensor& tensor, const Shape& shape) {
  const Shape from = with_rank(tensor.shape, shape.size());
  std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int64_t rest = static_cast<std::int64_t>(i);
    std::int64_t source = 0;
    std::int64_t stride = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (from[d] != 1) source += rest % shape[d] * stride;
      rest /= shape[d];
      stride *= from[d];
    }
    values[i] = (*tensor.data)[static_cast<std::size_t>(source)];
  }
  return make_tensor(shape, std::move(values));
}

// One input of a binary operation: an activation or a constant.
struct Operand {
  std::string name;
  bool constant = false;
  Shape shape;  // with the output's rank
};

class BinaryCompiler {
 public:
  BinaryCompiler(PlanBuilder& builder, const FusedNode& fused, op::Binary::Kind kind)
      : builder_(builder),
        fused_(fused),
        kind_(kind),
        shape_(builder.graph().shape(node_of(builder, fused).output)) {}

  void run() {
    const Node& node = node_of(builder_, fused_);
    Operand left = operand(node.inputs[0]);
    Operand right = operand(node.inputs[1]);
    // oneDNN broadcasts the second operand only.
    const bool swaps = kind_ == op::Binary::Kind::add || kind_ == op::Binary::Kind::mul;
    if (swaps && (left.constant || left.shape != shape_)) std::swap(left, right);
    if (left.constant) return with_constant_left(left, right);
    const bool in_place =
        left.shape == shape_ && left.name != right.name && builder_.may_overwrite(left.name);
    const Value first = left.shape == shape_ ? in_fast_layout(left, right) : expanded(left);
    compute(first, right, in_place || left.shape != shape_ ? first : builder_.make(first.layout));
  }

 private:
  Operand operand(const std::string& name) const {
    const bool constant = builder_.graph().is_constant(name);
    const Shape& shape = constant ? builder_.graph().constant(name).shape : builder_.graph().shape(name);
    return {name, constant, with_rank(shape, shape_.size())};
  }

  // The operand in the layout of `like`, or in its own.
  Value activation(const Operand& operand, const Layout* like) {
    const DataType type = like == nullptr ? written_type(builder_, fused_) : type_of(*like);
    const bool same_rank = builder_.graph().shape(operand.name).size() == shape_.size();
    if (same_rank) {
      if (like == nullptr) return without_padding(builder_, operand.name, type);
      return builder_.read(operand.name, layout_like(*like, operand.shape));
    }
    const Shape& shape = builder_.graph().shape(operand.name);
    const Value plain = PlanBuilder::view(builder_.read(operand.name, row_major(shape, type)),
                                          row_major(operand.shape, type), 0);
    if (like == nullptr) return plain;
    const Layout wanted = layout_like(*like, operand.shape);
    if (wanted == plain.layout) return plain;
    const Value copy = builder_.make(wanted);
    builder_.reorder(plain, copy);
    return copy;
  }

  // The activation in its own layout, but channels last if oneDNN has only reference code for that layout:
  // blocks of 8 channels with a factor for each on AVX-512, with which RegNet would take five times as long.
  Value in_fast_layout(const Operand& left, const Operand& right) {
    const Value value = activation(left, nullptr);
    const dnnl::binary::desc operation(algorithm_of(kind_), value.layout,
                                       layout_like(value.layout, right.shape), value.layout);
    const dnnl::binary::primitive_desc desc(operation, attributes(), builder_.engine());
    if (!std::string_view(desc.impl_info_str()).starts_with("ref")) return value;
    return builder_.read(left.name, unblocked(value.layout));
  }

  // The activation in the output's shape: added to zeros.
  Value expanded(const Operand& operand) {
    const Value small = activation(operand, nullptr);
    const Layout layout = layout_like(small.layout, shape_);
    const Tensor zeros =
        make_tensor(shape_, std::vector<float>(static_cast<std::size_t>(element_count(shape_))));
    const Value full = builder_.make(layout);
    const dnnl::binary::desc operation(dnnl::algorithm::binary_add, layout, small.layout, layout);
    const dnnl::binary::primitive_desc desc(operation, attributes(), builder_.engine());
    builder_.step<dnnl::binary>("binary", desc,
                                {{{DNNL_ARG_SRC_1, small}, {DNNL_ARG_DST, full}},
                                 {{DNNL_ARG_SRC_0, builder_.constant(zeros, shape_, layout)}}});
    return full;
  }

  // constant - x and constant / x.
  void with_constant_left(const Operand& left, const Operand& right) {
    const DataType type = written_type(builder_, fused_);
    const Layout like = right.constant ? row_major(shape_, type) : activation(right, nullptr).layout;
    const Layout layout = layout_like(like, shape_);
    const Weights first =
        builder_.constant(broadcast(builder_.graph().constant(left.name), shape_), shape_, layout);
    Operands operands;
    operands.constants.emplace_back(DNNL_ARG_SRC_0, first);
    compute(layout, operands, right, builder_.make(layout));
  }

  void compute(const Value& left, const Operand& right, const Value& output) {
    Operands operands;
    operands.values.emplace_back(DNNL_ARG_SRC_0, left);
    compute(left.layout, operands, right, output);
  }

  void compute(const Layout& left, Operands& operands, const Operand& right, const Value& output) {
    Layout second;
    if (right.constant) {
      second = layout_like(left, right.shape);
      operands.constants.emplace_back(
          DNNL_ARG_SRC_1, builder_.constant(builder_.graph().constant(right.name), right.shape, second));
    } else {
      const Value value = activation(right, &left);
      second = value.layout;
      operands.values.emplace_back(DNNL_ARG_SRC_1, value);
    }
    dnnl::post_ops post_ops;
    append_activations(post_ops, builder_, fused_);
    const dnnl::binary::desc operation(algorithm_of(kind_), left, second, output.layout);
    const dnnl::binary::primitive_desc desc(operation, attributes(post_ops), builder_.engine());
    operands.values.emplace_back(DNNL_ARG_DST, output);
    builder_.step<dnnl::binary>("binary", desc, operands);
    builder_.define(output_of(builder_, fused_), output);
  }

  PlanBuilder& builder_;
  const FusedNode& fused_;
  const op::Binary::Kind kind_;
  const Shape shape_;
};

// x * max(0, min(1, alpha * x + beta)) with constants other than oneDNN's.
void general_hard_swish(PlanBuilder& builder, const op::Activation& activation, const Value& x,
                        const Value& to) {
  const Value gate = builder.make(x.layout);
  eltwise_step(builder, {dnnl::algorithm::eltwise_linear, activation.alpha, activation.beta}, x, gate);
  eltwise_step(builder, {dnnl::algorithm::eltwise_clip, 0, 1}, gate, gate);
  const dnnl::binary::desc operation(dnnl::algorithm::binary_mul, x.layout, gate.layout, to.layout);
  const dnnl::binary::primitive_desc desc(operation, attributes(), builder.engine());
  builder.step<dnnl::binary>("binary", desc,
                             {{{DNNL_ARG_SRC_0, x}, {DNNL_ARG_SRC_1, gate}, {DNNL_ARG_DST, to}}, {}});
}

}  // namespace

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Activation& activation) {
  const std::string& input = node_of(builder, fused).inputs[0];
  const auto chain = eltwise_chain(activation);
  const DataType type = written_type(builder, fused);
  const Value x = chain.empty() ? without_padding(builder, input, type) : builder.value(input, type);
  const Value to = builder.may_overwrite(input) ? x : builder.make(x.layout);
  if (chain.empty()) general_hard_swish(builder, activation, x, to);
  for (std::size_t i = 0; i < chain.size(); ++i) eltwise_step(builder, chain[i], i == 0 ? x : to, to);
  builder.define(output_of(builder, fused), to);
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Binary& binary) {
  BinaryCompiler(builder, fused, binary.kind).run();
}

}  // namespace mainstream
