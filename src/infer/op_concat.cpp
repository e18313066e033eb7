// Concatenation, in place where the layout allows it.
#include "infer/operations.hpp"

namespace mainstream {
namespace {

// Where each input lies in the output when its memory is one piece of it; nothing if one's is not.
std::optional<std::vector<std::size_t>> slots(const Layout& whole, const std::vector<Layout>& parts,
                                              std::size_t axis) {
  std::vector<std::size_t> offsets;
  std::int64_t begin = 0;
  for (const Layout& part : parts) {
    const auto offset = contiguous_part(whole, axis, begin, part.data.dims[axis]);
    if (!offset) return std::nullopt;
    offsets.push_back(*offset);
    begin += part.data.dims[axis];
  }
  return offsets;
}

void copy_step(PlanBuilder& builder, const std::vector<Value>& parts, const Value& whole, std::size_t axis) {
  std::vector<Layout> layouts;
  Operands operands;
  for (const Value& part : parts) {
    operands.values.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(layouts.size()), part);
    layouts.push_back(part.layout);
  }
  const dnnl::concat::primitive_desc desc(whole.layout, static_cast<int>(axis), layouts, builder.engine(),
                                          attributes());
  operands.values.emplace_back(DNNL_ARG_DST, whole);
  builder.step<dnnl::concat>("concat", desc, operands);
}

// Whether the parts can be told apart in this layout: a block of channels must not belong to two of them.
bool separable(const Layout& whole, const std::vector<Layout>& parts, std::size_t axis) {
  dnnl::memory::dims offsets(static_cast<std::size_t>(whole.data.ndims), 0);
  for (const Layout& part : parts) {
    if (whole.submemory_desc(part.dims(), offsets, true).is_zero()) return false;
    offsets[axis] += part.data.dims[axis];
  }
  return true;
}

}  // namespace

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Concat& concat) {
  const Node& node = node_of(builder, fused);
  const Graph& graph = builder.graph();
  const auto axis = static_cast<std::size_t>(concat.axis);
  const Shape& shape = graph.shape(node.output);
  std::vector<Value> parts;
  for (const auto& input : node.inputs) parts.push_back(builder.value(input));

  const Layout like = parts.front().layout;
  std::vector<Layout> layouts;
  for (const auto& input : node.inputs) layouts.push_back(layout_like(like, graph.shape(input)));
  const Value whole = builder.make(layout_like(like, shape));
  if (const auto offsets = slots(whole.layout, layouts, axis)) {
    std::vector<Value> targets;
    for (std::size_t i = 0; i < parts.size(); ++i)
      targets.push_back(PlanBuilder::view(whole, layouts[i], (*offsets)[i]));
    builder.place(parts, targets);
    builder.define(output_of(builder, fused), whole);
    return;
  }
  const bool in_layout = separable(whole.layout, layouts, axis);
  for (std::size_t i = 0; i < parts.size(); ++i)
    parts[i] = in_layout ? builder.read(node.inputs[i], layouts[i]) : builder.read_row_major(node.inputs[i]);
  const Value copied = in_layout ? whole : builder.make(row_major(shape));
  copy_step(builder, parts, copied, axis);
  builder.define(output_of(builder, fused), copied);
}

}  // namespace mainstream
