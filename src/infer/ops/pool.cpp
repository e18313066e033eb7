// Pooling and means.
#include <numeric>

#include "infer/operations.hpp"

namespace mainstream {
namespace {

using Pads = op::Pads;

struct Window {
  op::Pair kernel, strides, dilations;
  Pads pads;
};

Value pool_step(PlanBuilder& builder, dnnl::algorithm algorithm, const Value& from, const Shape& output,
                const Window& window) {
  const dnnl::pooling_v2_forward::desc operation(
      dnnl::prop_kind::forward_inference, algorithm, from.layout, layout_like(from.layout, output),
      {window.strides[0], window.strides[1]}, {window.kernel[0], window.kernel[1]},
      {window.dilations[0] - 1, window.dilations[1] - 1}, {window.pads[0], window.pads[1]},
      {window.pads[2], window.pads[3]});
  const dnnl::pooling_v2_forward::primitive_desc desc(operation, attributes(), builder.engine());
  const Value to = builder.make(desc.dst_desc(), from.scale);
  builder.step<dnnl::pooling_v2_forward>("pooling", desc, {{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}}, {}});
  return to;
}

// The number of elements by which the last window exceeds the picture and its padding, in one direction.
std::int64_t overhang(const op::Pool& pool, const Shape& input, const Shape& output, std::size_t d) {
  const std::int64_t reach = (pool.kernel[d] - 1) * pool.dilations[d] + 1;
  const std::int64_t end = (output[d + 2] - 1) * pool.strides[d] + reach;
  return end - (input[d + 2] + pool.pads[d] + pool.pads[d + 2]);
}

Value mean_over_picture(PlanBuilder& builder, const Value& from, const Shape& input) {
  const Window all{{input[2], input[3]}, {1, 1}, {1, 1}, {0, 0, 0, 0}};
  return pool_step(builder, dnnl::algorithm::pooling_avg_exclude_padding, from, {input[0], input[1], 1, 1},
                   all);
}

// The mean of a row-major activation; the reduced dimensions stay, with size 1.
Value mean_over(PlanBuilder& builder, const Value& from, const Shape& input,
                const std::vector<std::int64_t>& axes) {
  Shape reduced = input;
  for (const std::int64_t axis : axes) reduced.at(static_cast<std::size_t>(axis)) = 1;
  if (reduced == input) return from;
  const dnnl::reduction::desc operation(dnnl::algorithm::reduction_mean, from.layout, row_major(reduced), 0,
                                        0);
  const dnnl::reduction::primitive_desc desc(operation, attributes(), builder.engine());
  const Value mean = builder.make(desc.dst_desc());
  builder.step<dnnl::reduction>("reduction", desc, {{{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, mean}}, {}});
  return mean;
}

}  // namespace

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Pool& pool) {
  const Node& node = node_of(builder, fused);
  const Shape& input = builder.graph().shape(node.inputs[0]);
  const Shape& output = builder.graph().shape(node.output);
  Window window{pool.kernel, pool.strides, pool.dilations, pool.pads};
  bool overhangs = false;
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t extra = overhang(pool, input, output, d);
    overhangs = overhangs || extra > 0;
    if (extra > 0) window.pads[d + 2] += extra;
  }
  const bool pads_first = pool.kind == op::Pool::Kind::average && pool.count_padding && overhangs;
  Value from = builder.value(node.inputs[0], pads_first ? DataType::f32 : written_type(builder, fused));
  auto algorithm = dnnl::algorithm::pooling_max;
  if (pool.kind == op::Pool::Kind::average) {
    algorithm = pool.count_padding ? dnnl::algorithm::pooling_avg_include_padding
                                   : dnnl::algorithm::pooling_avg_exclude_padding;
    if (pads_first) {
      // Padding counts, but elements beyond it, in a rounded-up window, do not: make the padding real.
      from = pad_with(builder, from, input, pool.pads, 0);
      for (std::size_t i = 0; i < 4; ++i) window.pads[i] -= pool.pads[i];
      algorithm = dnnl::algorithm::pooling_avg_exclude_padding;
    }
  }
  builder.define(output_of(builder, fused), pool_step(builder, algorithm, from, output, window));
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::GlobalPool& pool) {
  const Node& node = node_of(builder, fused);
  const Shape& input = builder.graph().shape(node.inputs[0]);
  const Value from = builder.value(node.inputs[0], written_type(builder, fused));
  if (pool.kind == op::Pool::Kind::average) {
    builder.define(output_of(builder, fused), mean_over_picture(builder, from, input));
    return;
  }
  const Window all{{input[2], input[3]}, {1, 1}, {1, 1}, {0, 0, 0, 0}};
  builder.define(output_of(builder, fused), pool_step(builder, dnnl::algorithm::pooling_max, from,
                                                      builder.graph().shape(node.output), all));
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::ReduceMean& reduce) {
  const Node& node = node_of(builder, fused);
  const Shape& input = builder.graph().shape(node.inputs[0]);
  const Shape& output = builder.graph().shape(node.output);
  const bool over_picture = input.size() == 4 && reduce.axes == std::vector<std::int64_t>{2, 3};
  Value mean = over_picture ? mean_over_picture(builder, builder.value(node.inputs[0]), input)
                            : mean_over(builder, builder.read_row_major(node.inputs[0]), input, reduce.axes);
  if (!reduce.keep_dims) mean = PlanBuilder::view(row_major_value(builder, mean), row_major(output), 0);
  builder.define(output_of(builder, fused), mean);
}

}  // namespace mainstream
