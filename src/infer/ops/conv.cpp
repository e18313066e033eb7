// Convolution and matrix product, which take most of the time.
#include <algorithm>
#include <string_view>

#include "infer/activation.hpp"
#include "infer/operations.hpp"
#include "infer/winograd.hpp"

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

// oneDNN adds to the destination's content: the residual itself if no later node needs it, otherwise a copy.
// The residual's integer type may differ from the sum's.
Value holding_residual(PlanBuilder& builder, const std::string& residual, const Layout& layout) {
  const Value& value = builder.made(residual);
  if (value.layout == layout && builder.may_overwrite(residual)) return value;
  const Value copy = builder.make(layout, is_integer(type_of(layout)) ? builder.format(residual).scale : 1);
  builder.reorder(value, copy);
  return copy;
}

// The types that a convolution or a matrix product reads and writes, and their scales (value / stored).
struct Numbers {
  DataType source = DataType::f32, weights = DataType::f32, target = DataType::f32;
  float source_scale = 1, target_scale = 1;

  [[nodiscard]] bool integer() const { return is_integer(source); }
};

Numbers numbers_of(const PlanBuilder& builder, const FusedNode& fused) {
  const Format& source = builder.format(input_of(builder.graph(), fused));
  const Format& target = builder.format(output_of(builder, fused));
  Numbers numbers;
  numbers.target = target.written;
  if (builder.number_type(fused.node) == NumberType::bf16) {
    numbers.source = numbers.weights = DataType::bf16;
  } else if (builder.number_type(fused.node) == NumberType::int8 && source.integer != DataType::undef &&
             (!fused.flatten || is_integer(type_of(builder.made(input_of(builder.graph(), fused)).layout)))) {
    numbers.source = source.integer;
    numbers.weights = DataType::s8;
    numbers.source_scale = source.scale;
    if (is_integer(target.written)) numbers.target_scale = target.scale;
  }
  return numbers;
}

// Converts sums of products to the output.
//
// In integers: q = f(sum * source scale * weight scale + residual scale * residual) / target scale. If f only
// scales and clips, the factors before it include the division; otherwise the last operation of f divides.
class Conversion {
 public:
  Conversion(const PlanBuilder& builder, const FusedNode& fused, const Numbers& numbers,
             const Tensor& weights)
      : builder_(builder), numbers_(numbers), weights_(weights) {
    for (const std::size_t index : fused.epilogue) {
      const auto* activation = std::get_if<op::Activation>(&builder.graph().nodes[index].op);
      if (activation == nullptr) continue;
      for (const Eltwise& eltwise : eltwise_chain(*activation)) chain_.push_back(eltwise);
    }
    if (numbers.target == DataType::u8 && chain_.size() == 1 && cuts_as_u8(chain_.front())) chain_.clear();
    scales_early_ = std::all_of(chain_.begin(), chain_.end(), [](const Eltwise& eltwise) {
      return eltwise.algorithm == dnnl::algorithm::eltwise_relu ||
             eltwise.algorithm == dnnl::algorithm::eltwise_clip;
    });
  }

  // `residual` names the residual tensor; null if there is none.
  [[nodiscard]] dnnl::primitive_attr attr(const std::string* residual) const {
    dnnl::post_ops post_ops;
    const float before = scales_early_ ? 1 / numbers_.target_scale : 1;
    if (residual != nullptr) append_sum(post_ops, *residual, before);
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      const auto [algorithm, alpha, beta] = chain_[i];
      const bool clips = algorithm == dnnl::algorithm::eltwise_clip && scales_early_;
      const float after = !scales_early_ && i + 1 == chain_.size() ? 1 / numbers_.target_scale : 1;
      post_ops.append_eltwise(after, algorithm, clips ? alpha * before : alpha, clips ? beta * before : beta);
    }
    dnnl::primitive_attr attr = attributes(post_ops);
    if (!numbers_.integer()) return attr;
    std::vector<float> factors = channel_scales(weights_);
    for (float& factor : factors) factor *= numbers_.source_scale * before;
    attr.set_output_scales(1 << 1, factors);
    return attr;
  }

  // oneDNN adds the bias to the sums, in their units.
  [[nodiscard]] Tensor bias(const Tensor& bias) const {
    const std::vector<float> scales = channel_scales(weights_);
    std::vector<float> values = *bias.data;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] /= numbers_.source_scale * scales[i];
    return make_tensor(bias.shape, std::move(values));
  }

 private:
  // Rounding to u8 clips below 0 and above the largest calibrated value.
  [[nodiscard]] bool cuts_as_u8(const Eltwise& eltwise) const {
    constexpr float kLargest = 255;
    return (eltwise.algorithm == dnnl::algorithm::eltwise_relu && eltwise.alpha == 0) ||
           (eltwise.algorithm == dnnl::algorithm::eltwise_clip && eltwise.alpha == 0 &&
            eltwise.beta * 1.001F >= kLargest * numbers_.target_scale);
  }

  void append_sum(dnnl::post_ops& post_ops, const std::string& residual, float before) const {
    if (!is_integer(numbers_.target)) return post_ops.append_sum();
    const Format& format = builder_.format(residual);
    post_ops.append_sum(format.scale * before, format.integer);
  }

  const PlanBuilder& builder_;
  const Numbers& numbers_;
  const Tensor& weights_;
  std::vector<Eltwise> chain_;
  bool scales_early_ = true;
};

// A way to compute a convolution.
struct Variant {
  dnnl::algorithm algorithm = dnnl::algorithm::convolution_direct;
  bool channel_blocks = false;  // blocked activations if that suits them; otherwise oneDNN chooses
};

// The variants that are faster than oneDNN's own choice, if it has them; the best first.
std::vector<Variant> preferred_variants(const PlanBuilder& builder, const FusedNode& fused,
                                        const Numbers& numbers) {
  if (numbers.source != DataType::f32 || numbers.target != DataType::f32) return {};
  const Variant direct{.channel_blocks = true};
  if (!suits_winograd(builder.graph(), node_of(builder, fused))) return {direct};
  return {{dnnl::algorithm::convolution_winograd, true}, direct};
}

Layout activation_layout(const Shape& shape, DataType type, const Variant& variant) {
  return variant.channel_blocks && suits_channel_blocks(shape) ? channel_blocks(shape, type)
                                                               : any_layout(shape, type);
}

convolution_forward::desc describe(const PlanBuilder& builder, const FusedNode& fused, const op::Conv& conv,
                                   const Numbers& numbers, const Variant& variant) {
  const Graph& graph = builder.graph();
  const Node& node = node_of(builder, fused);
  const Tensor& weights = graph.constant(node.inputs[1]);
  const Layout bias = node.inputs.size() > 2 ? row_major(graph.constant(node.inputs[2]).shape) : Layout();
  return {dnnl::prop_kind::forward_inference,
          variant.algorithm,
          activation_layout(graph.shape(node.inputs[0]), numbers.source, variant),
          any_layout(weights_shape(weights, conv.groups), numbers.weights),
          bias,
          activation_layout(graph.shape(node.output), numbers.target, variant),
          {conv.strides[0], conv.strides[1]},
          {conv.dilations[0] - 1, conv.dilations[1] - 1},
          {conv.pads[0], conv.pads[1]},
          {conv.pads[2], conv.pads[3]}};
}

// The first preferred variant that oneDNN generates code for, otherwise its own choice.
convolution_forward::primitive_desc choose(const PlanBuilder& builder, const FusedNode& fused,
                                           const op::Conv& conv, const Numbers& numbers,
                                           const dnnl::primitive_attr& attr) {
  for (const Variant& variant : preferred_variants(builder, fused, numbers)) {
    convolution_forward::primitive_desc desc(describe(builder, fused, conv, numbers, variant), attr,
                                             builder.engine(), true);
    if (desc && std::string_view(desc.impl_info_str()).starts_with("jit")) return desc;
  }
  return {describe(builder, fused, conv, numbers, {}), attr, builder.engine()};
}

// The weights with the dimensions of the product's input, which may be unflattened pictures.
Tensor product_weights(const Graph& graph, const FusedNode& fused) {
  Tensor weights = graph.constant(graph.nodes[fused.node].inputs[1]);
  Shape shape = graph.shape(input_of(graph, fused));
  shape.front() = weights.shape.front();
  weights.shape = std::move(shape);
  return weights;
}

// Reads pictures in their own layout, and packs the weights for it; in row-major order if oneDNN has only
// reference code for that layout.
inner_product_forward::primitive_desc choose(const PlanBuilder& builder, const FusedNode& fused,
                                             const Tensor& weights, const Numbers& numbers,
                                             const dnnl::primitive_attr& attr) {
  const Graph& graph = builder.graph();
  const Node& node = node_of(builder, fused);
  const std::string& input = input_of(graph, fused);
  const auto describe = [&](const Layout& source, bool allow_empty) {
    return inner_product_forward::primitive_desc(
        {dnnl::prop_kind::forward_inference, source, any_layout(weights.shape, numbers.weights),
         node.inputs.size() > 2 ? row_major(graph.constant(node.inputs[2]).shape) : Layout(),
         row_major(graph.shape(node.output), numbers.target)},
        attr, builder.engine(), allow_empty);
  };
  if (fused.flatten) {
    auto desc = describe(with_type(builder.made(input).layout, numbers.source), true);
    if (desc && !std::string_view(desc.impl_info_str()).starts_with("ref")) return desc;
  }
  return describe(row_major(graph.shape(input), numbers.source), false);
}

// Adds the operands that convolutions and matrix products have in common. `shape` is the weights' shape for
// the primitive.
template <typename PrimitiveDesc>
Operands operands_of(PlanBuilder& builder, const FusedNode& fused, const PrimitiveDesc& desc,
                     const Conversion& conversion, const Tensor& weights, const Shape& shape) {
  const Graph& graph = builder.graph();
  const Node& node = node_of(builder, fused);
  Operands operands;
  operands.values.emplace_back(DNNL_ARG_SRC, builder.read(input_of(graph, fused), desc.src_desc()));
  operands.constants.emplace_back(DNNL_ARG_WEIGHTS, builder.constant(weights, shape, desc.weights_desc()));
  if (node.inputs.size() > 2) {
    const Tensor& bias = graph.constant(node.inputs[2]);
    const bool integer = is_integer(type_of(desc.src_desc()));
    operands.constants.emplace_back(DNNL_ARG_BIAS, builder.constant(integer ? conversion.bias(bias) : bias,
                                                                    bias.shape, desc.bias_desc()));
  }
  return operands;
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
  const Tensor& weights = builder.graph().constant(node_of(builder, fused).inputs[1]);
  const std::string* residual = residual_of(builder, fused);
  const Numbers numbers = numbers_of(builder, fused);
  const Conversion conversion(builder, fused, numbers, weights);
  const auto desc = choose(builder, fused, conv, numbers, conversion.attr(residual));

  Operands operands =
      operands_of(builder, fused, desc, conversion, weights, weights_shape(weights, conv.groups));
  Value output = builder.make(desc.dst_desc(), numbers.target_scale);
  if (residual != nullptr) {
    const bool integer = is_integer(numbers.target);
    const Value sum = holding_residual(
        builder, *residual,
        integer ? with_type(desc.dst_desc(), builder.format(*residual).integer) : desc.dst_desc());
    output = PlanBuilder::view(sum, desc.dst_desc(), 0);
    output.scale = numbers.target_scale;
  }
  operands.values.emplace_back(DNNL_ARG_DST, output);
  builder.step<convolution_forward>("convolution", desc, operands);
  builder.define(output_of(builder, fused), output);
}

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Gemm&) {
  const Tensor weights = product_weights(builder.graph(), fused);
  const Numbers numbers = numbers_of(builder, fused);
  const Conversion conversion(builder, fused, numbers, weights);
  const auto desc = choose(builder, fused, weights, numbers, conversion.attr(nullptr));

  Operands operands = operands_of(builder, fused, desc, conversion, weights, weights.shape);
  const Value output = builder.make(desc.dst_desc(), numbers.target_scale);
  operands.values.emplace_back(DNNL_ARG_DST, output);
  builder.step<inner_product_forward>("inner_product", desc, operands);
  builder.define(output_of(builder, fused), output);
}

}  // namespace mainstream
