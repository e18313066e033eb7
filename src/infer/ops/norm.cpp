// Normalisations.
#include "infer/operations.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Softmax& softmax) {
  const Value from = builder.value(node_of(builder, fused).inputs[0]);
  const dnnl::softmax_v2_forward::desc operation(dnnl::prop_kind::forward_inference,
                                                 dnnl::algorithm::softmax_accurate, from.layout, from.layout,
                                                 static_cast<int>(softmax.axis));
  const dnnl::softmax_v2_forward::primitive_desc desc(operation, attributes(), builder.engine());
  const Value to = builder.make(desc.dst_desc());
  builder.step<dnnl::softmax_v2_forward>("softmax", desc, {{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, {}});
  builder.define(output_of(builder, fused), to);
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::BatchNorm& norm) {
  const Node& node = node_of(builder, fused);
  auto flags = dnnl::normalization_flags::use_global_stats | dnnl::normalization_flags::use_scale |
               dnnl::normalization_flags::use_shift;
  if (!fused.epilogue.empty()) flags = flags | dnnl::normalization_flags::fuse_norm_relu;
  const Value from = builder.value(node.inputs[0]);
  const dnnl::batch_normalization_forward::desc operation(dnnl::prop_kind::forward_inference, from.layout,
                                                          norm.epsilon, flags);
  const dnnl::batch_normalization_forward::primitive_desc desc(operation, attributes(), builder.engine());
  const Value to = builder.may_overwrite(node.inputs[0]) ? from : builder.make(desc.dst_desc());
  const Layout channels = row_major(builder.graph().constant(node.inputs[1]).shape);
  Operands operands{{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, {}};
  const int arguments[] = {DNNL_ARG_SCALE, DNNL_ARG_SHIFT, DNNL_ARG_MEAN, DNNL_ARG_VARIANCE};
  for (std::size_t i = 0; i < 4; ++i)
    operands.constants.emplace_back(arguments[i], builder.constant(node.inputs[i + 1], channels));
  builder.step<dnnl::batch_normalization_forward>("batch_normalization", desc, operands);
  builder.define(output_of(builder, fused), to);
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Lrn& lrn) {
  if (lrn.size % 2 == 0)
    throw Error(ErrorKind::unsupported,
                "expected a window of an odd number of channels, got " + std::to_string(lrn.size));
  const Value from = builder.value(node_of(builder, fused).inputs[0]);
  const dnnl::lrn_forward::desc operation(dnnl::prop_kind::forward_inference,
                                          dnnl::algorithm::lrn_across_channels, from.layout, lrn.size,
                                          lrn.alpha, lrn.beta, lrn.bias);
  const dnnl::lrn_forward::primitive_desc desc(operation, attributes(), builder.engine());
  const Value to = builder.make(desc.dst_desc());
  builder.step<dnnl::lrn_forward>("lrn", desc, {{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, {}});
  builder.define(output_of(builder, fused), to);
}

}  // namespace mainstream
