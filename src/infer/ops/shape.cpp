// Operations that move elements without computing: views of the same memory where possible.
#include <algorithm>
#include <cstring>

#include "infer/operations.hpp"

namespace mainstream {

Value row_major_value(PlanBuilder& builder, const Value& value) {
  const Shape shape(value.layout.data.dims, value.layout.data.dims + value.layout.data.ndims);
  const Layout plain = row_major(shape);
  if (is_row_major(value.layout)) return PlanBuilder::view(value, plain, 0);
  const Value copy = builder.make(plain);
  builder.reorder(value, copy);
  return copy;
}

Value pad_with(PlanBuilder& builder, const Value& from, const Shape& input, const op::Pads& pads,
               float value) {
  const Shape output{input[0], input[1], input[2] + pads[0] + pads[2], input[3] + pads[1] + pads[3]};
  Layout layout = layout_like(from.layout, output);
  // The unused end of a block of channels must stay zero.
  const bool has_slack = layout.get_size() != static_cast<std::size_t>(element_count(output)) * sizeof(float);
  if (value != 0 && has_slack) layout = row_major(output);
  const Value to = builder.make(layout);
  const std::size_t count = layout.get_size() / sizeof(float);
  builder.step("fill", {to}, [value, count](std::span<std::byte* const> address) {
    std::fill_n(reinterpret_cast<float*>(address[0]), count, value);
  });
  const Layout inner = layout.submemory_desc(input, {0, 0, pads[0], pads[1]});
  builder.reorder(from, PlanBuilder::view(to, inner, 0));
  return to;
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Pad& pad) {
  const Node& node = node_of(builder, fused);
  const Shape& input = builder.graph().shape(node.inputs[0]);
  builder.define(output_of(builder, fused),
                 pad_with(builder, builder.value(node.inputs[0]), input, pad.pads, pad.value));
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Reshape&) {
  const Node& node = node_of(builder, fused);
  const Value& made = builder.made(node.inputs[0]);
  const bool as_it_is = is_row_major(made.layout) && !is_integer(type_of(made.layout));
  const Value plain = as_it_is ? made : builder.read_row_major(node.inputs[0]);
  builder.define(
      output_of(builder, fused),
      PlanBuilder::view(plain, row_major(builder.graph().shape(node.output), type_of(plain.layout)), 0));
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Transpose& transpose) {
  const Node& node = node_of(builder, fused);
  std::vector<int> target(transpose.order.size());  // oneDNN asks where each dimension goes
  for (std::size_t i = 0; i < target.size(); ++i)
    target.at(static_cast<std::size_t>(transpose.order[i])) = static_cast<int>(i);
  const Value from = builder.value(node.inputs[0]);
  const Value turned = PlanBuilder::view(from, from.layout.permute_axes(target), 0);
  builder.define(output_of(builder, fused), row_major_value(builder, turned));
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Slice& slice) {
  const Node& node = node_of(builder, fused);
  const auto axis = static_cast<std::size_t>(slice.axis);
  const Shape& input = builder.graph().shape(node.inputs[0]);
  const Shape& output = builder.graph().shape(node.output);
  const Value from = builder.value(node.inputs[0]);
  const auto part =
      slice.step == 1 ? contiguous_part(from.layout, axis, slice.begin, output[axis]) : std::nullopt;
  if (part) {
    const Layout layout = layout_like(from.layout, output);
    if (layout_name(layout) == layout_name(from.layout)) {
      builder.define(output_of(builder, fused), PlanBuilder::view(from, layout, *part));
      return;
    }
  }
  // Every step-th element of a row-major tensor is a tensor with a longer stride.
  const Value plain = builder.read_row_major(node.inputs[0]);
  dnnl::memory::dims strides(input.size(), 1);
  for (std::size_t d = input.size() - 1; d-- > 0;) strides[d] = strides[d + 1] * input[d + 1];
  const auto offset = static_cast<std::size_t>(slice.begin * strides[axis]) * sizeof(float);
  strides[axis] *= slice.step;
  const Layout chosen({output.begin(), output.end()}, dnnl::memory::data_type::f32, strides);
  const Value to = builder.make(row_major(output));
  builder.reorder(PlanBuilder::view(plain, chosen, offset), to);
  builder.define(output_of(builder, fused), to);
}

}  // namespace mainstream
