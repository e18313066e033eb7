// Builds ONNX files for tests, invalid ones too. Targets that include this link onnx_proto.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A model under construction, valid until a test breaks it.
class OnnxModel {
 public:
  OnnxModel() {
    proto_.set_ir_version(7);
    opset(13);
  }
  OnnxModel& opset(std::int64_t version) {
    proto_.clear_opset_import();
    auto* import = proto_.add_opset_import();
    import->set_domain("");
    import->set_version(version);
    return *this;
  }
  OnnxModel& input(const std::string& name, const std::vector<std::int64_t>& shape) {
    describe(proto_.mutable_graph()->add_input(), name, shape);
    return *this;
  }
  OnnxModel& output(const std::string& name) {
    describe(proto_.mutable_graph()->add_output(), name, {1});
    return *this;
  }
  OnnxModel& floats(const std::string& name, const std::vector<std::int64_t>& shape, float value = 1) {
    auto* tensor = add_tensor(name, shape, onnx::TensorProto::FLOAT);
    for (std::int64_t i = 0; i < element_count(shape); ++i) tensor->add_float_data(value);
    return *this;
  }
  OnnxModel& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    auto* tensor = add_tensor(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor->add_int64_data(value);
    return *this;
  }
  onnx::NodeProto* node(const char* type, const std::vector<std::string>& inputs, const std::string& output) {
    auto* node = proto_.mutable_graph()->add_node();
    node->set_op_type(type);
    for (const std::string& name : inputs) node->add_input(name);
    node->add_output(output);
    return node;
  }
  onnx::ModelProto& proto() { return proto_; }
  [[nodiscard]] std::string bytes() const { return proto_.SerializeAsString(); }
  [[nodiscard]] Graph read() const { return parse_onnx(bytes(), "m.onnx"); }

 private:
  static void describe(onnx::ValueInfoProto* info, const std::string& name,
                       const std::vector<std::int64_t>& shape) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : shape) {
      auto* dimension = type->mutable_shape()->add_dim();
      if (size > 0) dimension->set_dim_value(size);
      if (size <= 0) dimension->set_dim_param("free");
    }
  }
  onnx::TensorProto* add_tensor(const std::string& name, const std::vector<std::int64_t>& shape, int type) {
    auto* tensor = proto_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const std::int64_t size : shape) tensor->add_dims(size);
    return tensor;
  }
  onnx::ModelProto proto_;
};

// One convolution, no padding: x -> y.
inline OnnxModel conv_model() {
  OnnxModel model;
  model.input("x", {0, 3, 8, 8}).floats("w", {4, 3, 3, 3}).output("y");
  model.node("Conv", {"x", "w"}, "y");
  return model;
}

}  // namespace mainstream
