// Concatenation, in place where the layout allows it.
#include "infer/operations.hpp"

namespace mainstream {
namespace {

// The offset of each input in the output, if each is one piece of its memory; otherwise nothing.
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

// Whether the layout separates the parts: a block of channels must not belong to two of them.
bool separable(const Layout& whole, const std::vector<Layout>& parts, std::size_t axis) {
  dnnl::memory::dims offsets(static_cast<std::size_t>(whole.data.ndims), 0);
  for (const Layout& part : parts) {
    if (whole.submemory_desc(part.dims(), offsets, true).is_zero()) return false;
    offsets[axis] += part.data.dims[axis];
  }
  return true;
}

// The input in this layout; integers get the scale of the whole, in a copy, since other readers need their
// own.
Value part_in(PlanBuilder& builder, const std::string& input, const Layout& layout, float scale) {
  if (!is_integer(type_of(layout))) return builder.read(input, layout);
  const Value& made = builder.made(input);
  if (made.layout == layout && made.scale == scale) return made;
  const Value copy = builder.make(layout, scale);
  builder.reorder(builder.made(input), copy);
  return copy;
}

}  // namespace

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Concat& concat) {
  const Node& node = node_of(builder, fused);
  const Graph& graph = builder.graph();
  const auto axis = static_cast<std::size_t>(concat.axis);
  const Shape& shape = graph.shape(node.output);
  const DataType type = written_type(builder, fused);
  const float scale = is_integer(type) ? builder.format(node.output).scale : 1;

  const Layout like = with_type(builder.made(node.inputs.front()).layout, type);
  std::vector<Layout> layouts;
  for (const auto& input : node.inputs) layouts.push_back(layout_like(like, graph.shape(input)));
  Value whole = builder.make(layout_like(like, shape), scale);
  const auto offsets = slots(whole.layout, layouts, axis);
  if (!offsets && !separable(whole.layout, layouts, axis)) {
    for (std::size_t i = 0; i < layouts.size(); ++i)
      layouts[i] = row_major(graph.shape(node.inputs[i]), type);
    whole = builder.make(row_major(shape, type), scale);
  }
  std::vector<Value> parts;
  for (std::size_t i = 0; i < layouts.size(); ++i)
    parts.push_back(part_in(builder, node.inputs[i], layouts[i], scale));
  if (offsets) {
    std::vector<Value> targets;
    for (std::size_t i = 0; i < parts.size(); ++i)
      targets.push_back(PlanBuilder::view(whole, layouts[i], (*offsets)[i]));
    builder.place(parts, targets);
  } else {
    copy_step(builder, parts, whole, axis);
  }
  builder.define(output_of(builder, fused), whole);
}

}  // namespace mainstream
