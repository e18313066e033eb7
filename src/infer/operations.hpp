// Compiles each operation to steps of a plan. Each function reads its node's inputs from the builder and
// defines its output. Operations other than convolution, sums and Gemm keep the layout of their input where
// they can.
#pragma once

#include "infer/plan_builder.hpp"

namespace mainstream {

void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Conv& conv);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Gemm& gemm);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Pool& pool);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::GlobalPool& pool);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Activation& activation);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Binary& binary);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Concat& concat);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Softmax& softmax);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::BatchNorm& norm);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Lrn& lrn);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Pad& pad);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Reshape& reshape);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Transpose& transpose);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::ReduceMean& reduce);
void compile_op(PlanBuilder& builder, const FusedNode& fused, const op::Slice& slice);

// Helpers of these functions.
[[nodiscard]] inline const Node& node_of(const PlanBuilder& builder, const FusedNode& fused) {
  return builder.graph().nodes[fused.node];
}
[[nodiscard]] inline const std::string& output_of(const PlanBuilder& builder, const FusedNode& fused) {
  return builder.graph().nodes[fused.last()].output;
}

// The type in which the operation works and writes, if it supports the node's number type.
[[nodiscard]] inline DataType written_type(const PlanBuilder& builder, const FusedNode& fused) {
  return builder.format(output_of(builder, fused)).written;
}

// The value in row-major order; copied only if it is in another.
[[nodiscard]] Value row_major_value(PlanBuilder& builder, const Value& value);
// A 4-D activation with a border of constants, in its own layout if possible.
[[nodiscard]] Value pad_with(PlanBuilder& builder, const Value& from, const Shape& input,
                             const op::Pads& pads, float value);

// The activations of the epilogue as post-operations; the caller puts a sum before them.
void append_activations(dnnl::post_ops& post_ops, const PlanBuilder& builder, const FusedNode& fused);

}  // namespace mainstream
