// Internals of the ONNX reader: the state of an import, and its two halves, constants and nodes.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

// A constant of an ONNX file: weights, or integers for shapes.
struct OnnxConstant {
  Shape shape;
  std::variant<std::shared_ptr<const std::vector<float>>, std::vector<std::int64_t>> values;

  [[nodiscard]] bool is_float() const { return values.index() == 0; }
  [[nodiscard]] const std::vector<float>& floats() const { return *std::get<0>(values); }
  [[nodiscard]] const std::vector<std::int64_t>& integers() const { return std::get<1>(values); }
};

[[nodiscard]] OnnxConstant make_constant(Shape shape, std::vector<float> values);
[[nodiscard]] OnnxConstant make_constant(Shape shape, std::vector<std::int64_t> values);

// A TensorProto's values; integers and booleans as 64 bits, doubles as floats.
[[nodiscard]] OnnxConstant read_constant(const onnx::TensorProto& proto, const std::string& where);

// Gives access to the attributes and inputs of an ONNX node. All errors begin with file, node and operation.
class OnnxNode {
 public:
  OnnxNode(const onnx::NodeProto& proto, const Graph& graph,
           const std::map<std::string, OnnxConstant>& constants, const std::set<std::string>& names,
           std::int64_t opset, const std::string& source)
      : proto_(proto), graph_(graph), constants_(constants), names_(names), opset_(opset), source_(source) {}

  [[nodiscard]] const std::string& type() const { return proto_.op_type(); }
  [[nodiscard]] std::int64_t opset() const { return opset_; }
  [[nodiscard]] const onnx::NodeProto& proto() const { return proto_; }

  [[nodiscard]] std::size_t inputs() const { return static_cast<std::size_t>(proto_.input_size()); }
  [[nodiscard]] bool has(std::size_t i) const {
    return i < inputs() && !proto_.input(static_cast<int>(i)).empty();
  }
  [[nodiscard]] const std::string& input(std::size_t i) const;      // its name
  [[nodiscard]] const Shape& shape(std::size_t i) const;            // shape of any input
  [[nodiscard]] const OnnxConstant* constant(std::size_t i) const;  // null: not constant, or absent
  [[nodiscard]] const OnnxConstant& known(std::size_t i) const;     // throws if it is not constant, or absent
  [[nodiscard]] const std::vector<std::int64_t>& integers(
      std::size_t i) const;                                             // values of a constant integer input
  [[nodiscard]] const std::vector<float>& floats(std::size_t i) const;  // values of a constant float input

  [[nodiscard]] const onnx::AttributeProto* attribute(const char* name) const;
  [[nodiscard]] std::int64_t integer(const char* name, std::int64_t otherwise) const;
  [[nodiscard]] float number(const char* name, float otherwise) const;
  [[nodiscard]] std::string text(const char* name, const std::string& otherwise) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const char* name) const;  // empty when absent

  // A list that is an attribute in older opsets and an input in newer ones; empty when absent.
  [[nodiscard]] std::vector<std::int64_t> list(const char* name, std::size_t as_input) const;

  // An axis counted from the front.
  [[nodiscard]] std::int64_t axis(std::int64_t given, std::size_t rank) const;

  // A name for a value that the node's translation adds: one that neither the file nor a translation uses.
  [[nodiscard]] std::string fresh_name(const std::string& suffix) const;

  [[nodiscard]] std::string where() const;  // file, node and operation
  [[noreturn]] void unsupported(const std::string& what) const;
  [[noreturn]] void untrusted(const std::string& what) const;

 private:
  const onnx::NodeProto& proto_;
  const Graph& graph_;
  const std::map<std::string, OnnxConstant>& constants_;
  const std::set<std::string>& names_;  // of all values of the file
  const std::int64_t opset_;
  const std::string& source_;
};

// Evaluates a node whose result is known before anything runs (its inputs are constant, or it reads only
// their shapes). Nothing for a node that computes from activations.
[[nodiscard]] std::optional<OnnxConstant> evaluate_constant(const OnnxNode& node);

// Translates an ONNX node to nodes of Graph. An empty output of the last node stands for the ONNX node's
// first output; names of intermediate outputs begin with that name. An empty list: the node does nothing.
// Constants that the nodes need (a transposed weight) are added to `graph`.
[[nodiscard]] std::vector<Node> translate_node(const OnnxNode& node, Graph& graph);

}  // namespace mainstream
