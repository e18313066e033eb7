#include "infer/formats.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {
namespace {

template <typename... Kinds>
bool is_any(const Op& op) {
  return (std::holds_alternative<Kinds>(op) || ...);
}

Format quantised(const Range& range) {
  const bool is_unsigned = range.low >= 0;
  const float largest =
      is_unsigned ? range.high / 255 : std::max(std::abs(range.low), std::abs(range.high)) / 127;
  return {.integer = is_unsigned ? DataType::u8 : DataType::s8,
          .scale = std::isnormal(largest) ? largest : 1};
}

class FormatChooser {
 public:
  explicit FormatChooser(const FormatRequest& request) : request_(request), ranges_(request.ranges) {
    for (const FusedNode& fused : request.fused) maker_[output(fused)] = &fused;
  }

  Formats run() {
    for (const FusedNode& fused : request_.fused) share_range(fused);
    for (const auto& [tensor, shape] : request_.graph.shapes) {
      const auto range = ranges_.find(tensor);
      formats_[tensor] = range == ranges_.end() ? Format{} : quantised(range->second);
    }
    for (const auto& [tensor, place] : request_.outside) {
      const DataType type = type_of(place.layout);
      if (is_integer(type)) formats_[tensor] = {.integer = type, .scale = place.scale};
    }
    for (const FusedNode& fused : request_.fused) choose(fused);
    return std::move(formats_);
  }

 private:
  [[nodiscard]] const std::string& output(const FusedNode& fused) const {
    return request_.graph.nodes[fused.last()].output;
  }
  [[nodiscard]] bool has_number_type(std::size_t node, NumberType number_type) const {
    return node < request_.number_types.size() && request_.number_types[node] == number_type;
  }

  // Gives the scale of a concatenation to those of its parts that a convolution writes.
  void share_range(const FusedNode& fused) {
    const Node& node = request_.graph.nodes[fused.node];
    const auto whole = ranges_.find(node.output);
    if (!is_any<op::Concat>(node.op) || whole == ranges_.end()) return;
    for (const std::string& input : node.inputs) {
      const auto maker = maker_.find(input);
      if (maker != maker_.end() && is_any<op::Conv>(request_.graph.nodes[maker->second->node].op))
        ranges_[input] = whole->second;
    }
  }

  void choose(const FusedNode& fused) {
    const Node& node = request_.graph.nodes[fused.node];
    Format& format = formats_.at(output(fused));
    if (request_.outputs.contains(output(fused))) return;
    if (has_number_type(fused.node, NumberType::bf16)) {
      if (ends_in_sums(fused)) return;
      if (is_any<op::Conv, op::Gemm, op::Pool, op::GlobalPool, op::Concat, op::Activation, op::Binary>(
              node.op))
        format.written = DataType::bf16;
    } else if (has_number_type(fused.node, NumberType::int8)) {
      const Format& input = formats_.at(input_of(request_.graph, fused));
      if (input.integer == DataType::undef) return;
      if (is_any<op::Pool>(node.op)) {  // does not change the scale
        format.integer = input.integer;
        format.scale = input.scale;
      }
      if (is_any<op::Conv, op::Gemm, op::Pool, op::Concat>(node.op) && format.integer != DataType::undef &&
          is_read_as_integer(output(fused)))
        format.written = format.integer;
    }
  }

  // True for a sum of vectors, or a product that only such sums read: the end of an exit. Converting them
  // back would take longer than computing them.
  [[nodiscard]] bool ends_in_sums(const FusedNode& fused) const {
    if (is_vector_sum(fused)) return true;
    if (!is_any<op::Gemm>(request_.graph.nodes[fused.node].op)) return false;
    bool is_read = false;
    for (const FusedNode& reader : request_.fused) {
      const auto& inputs = request_.graph.nodes[reader.first()].inputs;
      if (std::find(inputs.begin(), inputs.end(), output(fused)) == inputs.end()) continue;
      if (!is_vector_sum(reader)) return false;
      is_read = true;
    }
    return is_read;
  }
  [[nodiscard]] bool is_vector_sum(const FusedNode& fused) const {
    const Node& node = request_.graph.nodes[fused.node];
    return is_any<op::Binary>(node.op) && request_.graph.shape(node.output).size() == 2;
  }

  // Whether pooling makes it from a tensor of another plan.
  [[nodiscard]] bool is_pooled_outside(const std::string& tensor) const {
    const auto maker = maker_.find(tensor);
    return maker != maker_.end() && is_any<op::Pool>(request_.graph.nodes[maker->second->node].op) &&
           request_.outside.contains(input_of(request_.graph, *maker->second));
  }

  [[nodiscard]] bool is_read_as_integer(const std::string& tensor) const {
    return std::any_of(request_.fused.begin(), request_.fused.end(), [&](const FusedNode& fused) {
      if (!has_number_type(fused.node, NumberType::int8)) return false;
      if (fused.flatten && !is_pooled_outside(tensor))
        return false;  // the product takes the type that it finds
      const auto reads = [&](std::size_t node) {
        const auto& inputs = request_.graph.nodes[node].inputs;
        return std::find(inputs.begin(), inputs.end(), tensor) != inputs.end();
      };
      if (!is_any<op::Conv, op::Gemm, op::Pool, op::Concat>(request_.graph.nodes[fused.node].op))
        return false;
      return reads(fused.first()) || std::any_of(fused.epilogue.begin(), fused.epilogue.end(), reads);
    });
  }

  const FormatRequest& request_;
  Ranges ranges_;
  std::map<std::string, const FusedNode*> maker_;
  Formats formats_;
};

}  // namespace

Formats choose_formats(const FormatRequest& request) {
  return FormatChooser(request).run();
}

}  // namespace mainstream
