// Convolution and matrix product: what the time goes into.
#include "infer/activation.hpp"
#include "infer/operations.hpp"

namespace mainstream {
namespace {

using dnnl::convolution_forward;
using dnnl::inner_product_forward;

// Row-major [M, C/groups, KH, KW] as oneDNN sees it.
Shape weights_shape(const Tensor& weights, std::int64_t groups) {
  Shape shape = weights.shape;
  if (groups == 1) return shape;
  shape.front() /= groups;
  shape.insert(shape.begin(), groups);
  return shape;
}

// The activation that the epilogue adds; none if it adds nothing.
const std::string* residual_of(const PlanBuilder& builder, const FusedNode& fused) {
  const auto& nodes = builder.graph().nodes;
  if (fused.epilogue.empty()) return nullptr;
  const Node& sum = nodes[fused.epilogue.front()];
  if (!std::holds_alternative<op::Binary>(sum.op)) return nullptr;
  return sum.inputs[0] == nodes[fused.node].output ? &sum.inputs[1] : &sum.inputs[0];
}

// oneDNN adds to what the destination holds: the residual itself if nobody needs it afterwards, else a copy.
Value holding_residual(PlanBuilder& builder, const std::string& residual, const Layout& layout) {
  const Value& value = builder.value(residual);
  if (value.layout == layout && builder.may_overwrite(residual)) return value;
  const Value copy = builder.make(layout);
  builder.reorder(value, copy);
  return copy;
}

convolution_forward::primitive_desc describe(const PlanBuilder& builder, const FusedNode& fused,
                                             const op::Conv& conv, const dnnl::post_ops& post_ops) {
  const Graph& graph = builder.graph();
  const Node& node = node_of(builder, fused);
  const Tensor& weights = graph.constant(node.inputs[1]);
  const Layout bias = node.inputs.size() > 2 ? row_major(graph.constant(node.inputs[2]).shape) : Layout();
  const convolution_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      any_layout(graph.shape(node.inputs[0])), any_layout(weights_shape(weights, conv.groups)), bias,
      any_layout(graph.shape(node.output)), {conv.strides[0], conv.strides[1]},
      {conv.dilations[0] - 1, conv.dilations[1] - 1}, {conv.pads[0], conv.pads[1]},
      {conv.pads[2], conv.pads[3]});
  return {desc, attributes(post_ops), builder.engine()};
}

}  // namespace

void append_activations(dnnl::post_ops& post_ops, const PlanBuilder& builder, const FusedNode& fused) {
  for (const std::size_t index : fused.epilogue) {
    const auto* activation = std::get_if<op::Activation>(&builder.graph().nodes[index].op);
    if (activation == nullptr) continue;
    for (const Eltwise& eltwise : eltwise_chain(*activation))
      post_ops.append_eltwise(1, eltwise.algorithm, eltwise.alpha, eltwise.beta);
  }
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Conv& conv) {
  const Node& node = node_of(builder, fused);
  const std::string* residual = residual_of(builder, fused);
  dnnl::post_ops post_ops;
  if (residual != nullptr) post_ops.append_sum();
  append_activations(post_ops, builder, fused);
  const auto desc = describe(builder, fused, conv, post_ops);

  const Tensor& weights = builder.graph().constant(node.inputs[1]);
  Operands operands;
  operands.values.emplace_back(DNNL_ARG_SRC, builder.read(node.inputs[0], desc.src_desc()));
  operands.constants.emplace_back(
      DNNL_ARG_WEIGHTS, builder.constant(weights, weights_shape(weights, conv.groups), desc.weights_desc()));
  if (node.inputs.size() > 2)
    operands.constants.emplace_back(DNNL_ARG_BIAS, builder.constant(node.inputs[2], desc.bias_desc()));
  const Value output = residual != nullptr ? holding_residual(builder, *residual, desc.dst_desc())
                                           : builder.make(desc.dst_desc());
  operands.values.emplace_back(DNNL_ARG_DST, output);
  builder.step<convolution_forward>("convolution", desc, operands);
  builder.define(output_of(builder, fused), output);
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Gemm&) {
  const Graph& graph = builder.graph();
  const Node& node = node_of(builder, fused);
  const Tensor& weights = graph.constant(node.inputs[1]);
  const bool has_bias = node.inputs.size() > 2;
  dnnl::post_ops post_ops;
  append_activations(post_ops, builder, fused);
  const inner_product_forward::desc operation(
      dnnl::prop_kind::forward_inference, row_major(graph.shape(node.inputs[0])), any_layout(weights.shape),
      has_bias ? row_major(graph.constant(node.inputs[2]).shape) : Layout(),
      row_major(graph.shape(node.output)));
  const inner_product_forward::primitive_desc desc(operation, attributes(post_ops), builder.engine());

  Operands operands;
  operands.values.emplace_back(DNNL_ARG_SRC, builder.read(node.inputs[0], desc.src_desc()));
  operands.constants.emplace_back(DNNL_ARG_WEIGHTS, builder.constant(node.inputs[1], desc.weights_desc()));
  if (has_bias)
    operands.constants.emplace_back(DNNL_ARG_BIAS, builder.constant(node.inputs[2], desc.bias_desc()));
  const Value output = builder.make(desc.dst_desc());
  operands.values.emplace_back(DNNL_ARG_DST, output);
  builder.step<inner_product_forward>("inner_product", desc, operands);
  builder.define(output_of(builder, fused), output);
}

}  // namespace mainstream
