#include <onnx/onnx_pb.h>

#include <cstring>
#include <string>

#include "graph/ops.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;

class OnnxWriter {
 public:
  explicit OnnxWriter(const Graph& graph) : graph_(graph) {}

  std::string write() {
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name("mainstream");
    model_.set_producer_version(MAINSTREAM_VERSION);
    auto* opset = model_.add_opset_import();
    opset->set_domain("");
    opset->set_version(kOpset);
    for (const auto& [key, value] : graph_.metadata) {
      auto* entry = model_.add_metadata_props();
      entry->set_key(key);
      entry->set_value(value);
    }
    proto_->set_name("mainstream");
    for (const std::string& input : graph_.inputs) describe_value(proto_->add_input(), input);
    for (const auto& [name, tensor] : graph_.constants) add_floats(name, tensor);
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      std::visit(*this, node.op);
    }
    for (const std::string& output : graph_.outputs) describe_value(proto_->add_output(), output);
    return model_.SerializeAsString();
  }

  void operator()(const op::Conv& conv) {
    auto* proto = add("Conv");
    set(proto, "strides", conv.strides);
    set(proto, "dilations", conv.dilations);
    set(proto, "pads", conv.pads);
    set(proto, "group", conv.groups);
    const Shape& weights = graph_.constant(node_->inputs[1]).shape;
    set(proto, "kernel_shape", op::Pair{weights[2], weights[3]});
  }

  void operator()(const op::Gemm&) { set(add("Gemm"), "transB", std::int64_t{1}); }

  void operator()(const op::Pool& pool) {
    const bool max = pool.kind == op::Pool::Kind::max;
    auto* proto = add(max ? "MaxPool" : "AveragePool");
    set(proto, "kernel_shape", pool.kernel);
    set(proto, "strides", pool.strides);
    set(proto, "pads", pool.pads);
    set(proto, "ceil_mode", std::int64_t{pool.ceil});
    if (max) set(proto, "dilations", pool.dilations);
    if (!max) set(proto, "count_include_pad", std::int64_t{pool.count_padding});
  }

  void operator()(const op::GlobalPool& pool) {
    add(pool.kind == op::Pool::Kind::max ? "GlobalMaxPool" : "GlobalAveragePool");
  }

  void operator()(const op::Activation& activation) {
    using Kind = op::Activation::Kind;
    switch (activation.kind) {
      case Kind::relu:
        add("Relu");
        break;
      case Kind::clip: {
        auto* proto = add("Clip");
        proto->add_input(add_floats(fresh_name("_low"), make_tensor({}, {activation.alpha})));
        proto->add_input(add_floats(fresh_name("_high"), make_tensor({}, {activation.beta})));
        break;
      }
      case Kind::leaky_relu:
        set(add("LeakyRelu"), "alpha", activation.alpha);
        break;
      case Kind::elu:
        set(add("Elu"), "alpha", activation.alpha);
        break;
      case Kind::sigmoid:
        add("Sigmoid");
        break;
      case Kind::tanh:
        add("Tanh");
        break;
      case Kind::hard_sigmoid:
        set_hard_sigmoid(add("HardSigmoid"), activation);
        break;
      case Kind::hard_swish:
        set_hard_sigmoid(add_gate("HardSigmoid"), activation);
        break;
      case Kind::swish:
        add_gate("Sigmoid");
        break;
    }
  }

  void operator()(const op::Binary& binary) {
    static constexpr const char* kNames[] = {"Add", "Sub", "Mul", "Div"};
    add(kNames[static_cast<int>(binary.kind)]);
  }
  void operator()(const op::Concat& concat) { set(add("Concat"), "axis", concat.axis); }
  void operator()(const op::Softmax& softmax) { set(add("Softmax"), "axis", softmax.axis); }
  void operator()(const op::BatchNorm& norm) { set(add("BatchNormalization"), "epsilon", norm.epsilon); }

  void operator()(const op::Lrn& lrn) {
    auto* proto = add("LRN");
    set(proto, "size", lrn.size);
    set(proto, "alpha", lrn.alpha);
    set(proto, "beta", lrn.beta);
    set(proto, "bias", lrn.bias);
  }

  void operator()(const op::Pad& pad) {
    auto* proto = add("Pad");
    proto->add_input(add_integers("_pads", {0, 0, pad.pads[0], pad.pads[1], 0, 0, pad.pads[2], pad.pads[3]}));
    proto->add_input(add_floats(fresh_name("_value"), make_tensor({}, {pad.value})));
  }

  void operator()(const op::Reshape& reshape) {
    std::vector<std::int64_t> shape{0};  // 0 keeps the batch
    shape.insert(shape.end(), reshape.shape.begin(), reshape.shape.end());
    add("Reshape")->add_input(add_integers("_shape", shape));
  }

  void operator()(const op::Transpose& transpose) { set(add("Transpose"), "perm", transpose.order); }

  void operator()(const op::ReduceMean& reduce) {
    auto* proto = add("ReduceMean");
    set(proto, "axes", reduce.axes);
    set(proto, "keepdims", std::int64_t{reduce.keep_dims});
  }

  void operator()(const op::Slice& slice) {
    auto* proto = add("Slice");
    proto->add_input(add_integers("_starts", {slice.begin}));
    proto->add_input(add_integers("_ends", {slice.end}));
    proto->add_input(add_integers("_axes", {slice.axis}));
    proto->add_input(add_integers("_steps", {slice.step}));
  }

 private:
  onnx::NodeProto* add(const char* type) {
    auto* proto = proto_->add_node();
    proto->set_op_type(type);
    proto->set_name(node_->output);
    for (const std::string& input : node_->inputs) proto->add_input(input);
    proto->add_output(node_->output);
    return proto;
  }

  // An unused name, for a value that the node needs beside its output.
  [[nodiscard]] std::string fresh_name(const std::string& suffix) const {
    std::string name = node_->output + suffix;
    while (graph_.constants.contains(name) || graph_.shapes.contains(name)) name += "_";
    return name;
  }

  // x -> gate, x * gate; returns the gate's node. The multiplication has the node's output.
  onnx::NodeProto* add_gate(const char* type) {
    const std::string gate = fresh_name("_gate");
    auto* proto = add(type);
    proto->set_name(gate);
    proto->set_output(0, gate);
    add("Mul")->add_input(gate);
    // add() may have moved the nodes' array.
    return proto_->mutable_node(proto_->node_size() - 2);
  }

  static void set_hard_sigmoid(onnx::NodeProto* proto, const op::Activation& activation) {
    set(proto, "alpha", activation.alpha);
    set(proto, "beta", activation.beta);
  }

  static void set(onnx::NodeProto* node, const char* name, std::int64_t value) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
  }

  static void set(onnx::NodeProto* node, const char* name, float value) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
  }

  template <typename List>
  static void set(onnx::NodeProto* node, const char* name, const List& values) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute->add_ints(value);
  }

  std::string add_floats(const std::string& name, const Tensor& tensor) {
    auto* proto = proto_->add_initializer();
    proto->set_name(name);
    proto->set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : tensor.shape) proto->add_dims(size);
    proto->set_raw_data(tensor.data->data(), tensor.data->size() * sizeof(float));
    return name;
  }

  std::string add_integers(const std::string& suffix, const std::vector<std::int64_t>& values) {
    auto* proto = proto_->add_initializer();
    proto->set_name(fresh_name(suffix));
    proto->set_data_type(onnx::TensorProto::INT64);
    proto->add_dims(static_cast<std::int64_t>(values.size()));
    proto->set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
    return proto->name();
  }

  void describe_value(onnx::ValueInfoProto* info, const std::string& name) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    const Shape& shape = graph_.shape(name);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    for (std::size_t i = 1; i < shape.size(); ++i) type->mutable_shape()->add_dim()->set_dim_value(shape[i]);
  }

  const Graph& graph_;
  onnx::ModelProto model_;
  onnx::GraphProto* const proto_ = model_.mutable_graph();
  const Node* node_ = nullptr;
};

}  // namespace

std::string to_onnx(const Graph& graph) {
  return OnnxWriter(graph).write();
}

}  // namespace mainstream
