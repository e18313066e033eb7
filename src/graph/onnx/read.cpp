#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/file.hpp"
#include "graph/onnx/import.hpp"
#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr int kMaxNodes = 20000;
constexpr std::int64_t kMinOpset = 7;
constexpr std::int64_t kMaxOpset = 17;
constexpr std::int64_t kMaxSide = 1 << 16;
constexpr std::size_t kMaxInputs = 64;
// Limit on the elements of all constants that are computed, not stored in the file.
constexpr std::size_t kMaxComputed = std::size_t{1} << 28;

// The names of all values of a file.
std::set<std::string> names_in(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  for (const onnx::TensorProto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const onnx::ValueInfoProto& input : graph.input()) names.insert(input.name());
  for (const onnx::NodeProto& node : graph.node()) names.insert(node.output().begin(), node.output().end());
  return names;
}

class OnnxImport {
 public:
  // `inputs`, unless null: values for the graph's inputs; those that become constants are removed.
  OnnxImport(const onnx::ModelProto& model, const std::string& source, InputSize input_size,
             std::vector<Tensor>* inputs)
      : model_(model),
        source_(source),
        input_size_(input_size),
        opset_(opset()),
        given_(inputs),
        file_names_(names_in(model.graph())) {}

  Graph run() {
    const onnx::GraphProto& proto = model_.graph();
    if (proto.node_size() > kMaxNodes)
      fail(fmt::format("expected at most {} nodes, got {}", kMaxNodes, proto.node_size()));
    graph_.name = source_;
    for (const auto& entry : model_.metadata_props()) graph_.metadata[entry.key()] = entry.value();
    if (proto.sparse_initializer_size() > 0) fail("sparse weights cannot be read");
    for (const onnx::TensorProto& tensor : proto.initializer()) {
      claim(tensor.name());
      constants_.emplace(tensor.name(), read_constant(tensor, source_));
    }
    read_inputs();
    for (const onnx::NodeProto& node : proto.node()) read_node(node);
    const std::set<std::string> changing = values_behind(graph_, graph_.inputs);
    for (const onnx::ValueInfoProto& output : proto.output()) read_output(output.name(), changing);
    if (graph_.outputs.empty()) fail("it has no output");
    fuse_gated_activations(graph_);  // also drops dead nodes
    return std::move(graph_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::untrusted, fmt::format("{}: {}", source_, what));
  }

  std::int64_t opset() const {
    std::int64_t version = 0;
    for (const auto& import : model_.opset_import()) {
      if (import.domain().empty() || import.domain() == "ai.onnx") version = import.version();
    }
    if (version < 1 || version > kMaxOpset) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("{}: expected opset {} to {}, got {}", source_, kMinOpset, kMaxOpset, version));
    }
    return version;
  }

  // From an older opset, only operations that have not changed since can be read.
  void check_opset(const OnnxNode& node) const {
    static const std::set<std::string> unchanged{
        "Elu", "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"};
    if (opset_ < kMinOpset && !unchanged.contains(node.type())) {
      node.unsupported(fmt::format("expected opset {} to {}, got {}", kMinOpset, kMaxOpset, opset_));
    }
  }

  // Each value has one producer.
  void claim(const std::string& name) {
    if (name.empty()) fail("a value has no name");
    if (!names_.insert(name).second) fail(fmt::format("duplicate value '{}'", name));
  }

  void read_inputs() {
    std::vector<const onnx::ValueInfoProto*> inputs;
    for (const onnx::ValueInfoProto& input : model_.graph().input()) {
      if (!constants_.contains(input.name())) inputs.push_back(&input);
    }
    if (given_ != nullptr && inputs.size() != given_->size()) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: expected {} inputs, got {}", source_, inputs.size(), given_->size()));
    }
    std::vector<Tensor> activations;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      claim(inputs[i]->name());
      if (given_ != nullptr && is_parameter(*inputs[i])) {
        constants_.emplace(inputs[i]->name(), constant_of(*inputs[i], (*given_)[i]));
        continue;
      }
      read_input(*inputs[i]);
      if (graph_.inputs.size() > kMaxInputs) fail(fmt::format("more than {} inputs", kMaxInputs));
      if (given_ != nullptr) activations.push_back((*given_)[i]);
    }
    if (given_ != nullptr) *given_ = std::move(activations);
  }

  // Whether an input must be known before anything runs: integers, and any but the first input of a node
  // (weights, bounds, axes), except where all inputs are alike.
  bool is_parameter(const onnx::ValueInfoProto& input) const {
    static const std::set<std::string> alike{"Add", "Concat", "Div", "Mul", "Sub", "Sum"};
    if (input.type().tensor_type().elem_type() != onnx::TensorProto::FLOAT) return true;
    for (const onnx::NodeProto& node : model_.graph().node()) {
      if (alike.contains(node.op_type())) continue;
      const auto found = std::find(node.input().begin(), node.input().end(), input.name());
      if (found != node.input().end() && found != node.input().begin()) return true;
    }
    return false;
  }

  OnnxConstant constant_of(const onnx::ValueInfoProto& input, const Tensor& value) const {
    const auto& type = input.type().tensor_type();
    if (type.elem_type() == onnx::TensorProto::FLOAT) return {value.shape, value.data};
    if (type.elem_type() != onnx::TensorProto::INT64 && type.elem_type() != onnx::TensorProto::BOOL) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("{}: input '{}' is neither f32 nor int64", source_, input.name()));
    }
    constexpr float kExact = 1 << 24;  // integers up to here are exact as f32
    std::vector<std::int64_t> integers;
    for (const float number : *value.data) {
      if (std::isnan(number))
        fail(fmt::format("input '{}' is given a value that is not a number", input.name()));
      integers.push_back(static_cast<std::int64_t>(std::clamp(number, -kExact, kExact)));
    }
    return make_constant(value.shape, std::move(integers));
  }

  void read_input(const onnx::ValueInfoProto& input) {
    const auto& type = input.type().tensor_type();
    if (!input.type().has_tensor_type() || type.elem_type() != onnx::TensorProto::FLOAT) {
      throw Error(ErrorKind::unsupported, fmt::format("{}: input '{}' is not f32", source_, input.name()));
    }
    Shape shape;
    for (int i = 0; i < type.shape().dim_size(); ++i) {
      shape.push_back(bind(input.name(), type.shape(), i));
    }
    if (shape.empty()) fail(fmt::format("input '{}' has no shape", input.name()));
    if (shape.size() > kMaxRank || count_of(shape).value_or(INT64_MAX) > INT32_MAX) {
      fail(fmt::format("input '{}' claims to be {}", input.name(), to_string(shape)));
    }
    graph_.inputs.push_back(input.name());
    graph_.shapes[input.name()] = shape;
  }

  // The size of a dimension: from the file, or the default for a free one.
  std::int64_t bind(const std::string& input, const onnx::TensorShapeProto& shape, int i) const {
    const auto& dimension = shape.dim(i);
    if (dimension.has_dim_value() && dimension.dim_value() != 0 && dimension.dim_value() != -1) {
      if (dimension.dim_value() < 0 || dimension.dim_value() > kMaxSide) {
        fail(fmt::format("input '{}' claims size {} in dimension {}", input, dimension.dim_value(), i));
      }
      return dimension.dim_value();
    }
    if (i == 0) return 1;
    // Channels come first or last and are never free, so these are height and width.
    if (shape.dim_size() == 4 && input_size_ && shape.dim(i).dim_value() <= 0) return *input_size_;
    throw Error(ErrorKind::unsupported,
                fmt::format("{}: input '{}' leaves dimension {} open; give a size with --input-size", source_,
                            input, i));
  }

  void read_node(const onnx::NodeProto& proto) {
    const OnnxNode node(proto, graph_, constants_, file_names_, opset_, source_);
    if (!proto.domain().empty() && proto.domain() != "ai.onnx")
      node.unsupported("of domain '" + proto.domain() + "'");
    check_opset(node);
    if (proto.output_size() < 1 || proto.output(0).empty()) node.untrusted("it has no output");
    for (const std::string& input : proto.input()) check_known(node, input);
    for (const std::string& output : proto.output()) {
      if (names_.contains(output)) node.untrusted(fmt::format("duplicate value '{}'", output));
      if (!output.empty()) claim(output);
    }
    if (auto value = evaluate_constant(node)) {
      charge(node, value->is_float() ? value->floats().size() : value->integers().size());
      constants_.emplace(proto.output(0), std::move(*value));
      return;
    }
    std::vector<Node> nodes = translate_node(node, graph_);
    if (nodes.empty()) aliases_[proto.output(0)] = resolve(node.input(0));
    for (Node& translated : nodes) add(node, std::move(translated));
    if (nodes.empty()) graph_.shapes[proto.output(0)] = graph_.shape(aliases_[proto.output(0)]);
  }

  void check_known(const OnnxNode& node, const std::string& input) const {
    if (input.empty() || names_.contains(input)) return;
    for (const onnx::NodeProto& other : model_.graph().node()) {
      if (std::find(other.output().begin(), other.output().end(), input) != other.output().end()) {
        node.untrusted(
            fmt::format("reads '{}' before it is made: the graph has a cycle or is out of order", input));
      }
    }
    node.untrusted(fmt::format("reads '{}', which nothing makes", input));
  }

  // Adds one of the nodes that `origin` is translated to.
  void add(const OnnxNode& origin, Node node) {
    const std::string& name = origin.proto().output(0);
    if (node.output.empty()) node.output = name;
    if (node.output != name && !names_.contains(node.output)) claim(node.output);
    for (std::string& input : node.inputs) {
      input = resolve(input);
      if (!names_.contains(input)) {  // a constant that the translation added
        claim(input);
        charge(origin, graph_.constant(input).data->size());
      }
      use_constant(origin, input);
    }
    graph_.shapes[node.output] = output_shape(graph_, node);
    graph_.nodes.push_back(std::move(node));
  }

  // A file can ask for copies of its constants, and for copies of the copies.
  void charge(const OnnxNode& node, std::size_t elements) {
    computed_ += elements;
    if (computed_ > kMaxComputed) node.untrusted("the file's constant expressions take more than 1 GiB");
  }

  // The value behind nodes that do nothing.
  const std::string& resolve(const std::string& value) const {
    const auto found = aliases_.find(value);
    return found == aliases_.end() ? value : found->second;
  }

  void use_constant(const OnnxNode& node, const std::string& value) {
    const auto found = constants_.find(value);
    if (found == constants_.end() || graph_.constants.contains(value)) return;
    if (!found->second.is_float())
      node.untrusted(fmt::format("expected f32 values in '{}', got integers", value));
    graph_.constants[value] = {found->second.shape, std::get<0>(found->second.values)};
  }

  // `changing`: the values that an input changes.
  void read_output(const std::string& name, const std::set<std::string>& changing) {
    const std::string& value = resolve(name);
    if (!constants_.contains(value) && !graph_.shapes.contains(value))
      fail(fmt::format("no node makes output '{}'", name));
    if (!changing.contains(value)) fail(fmt::format("output '{}' is the same for all inputs", name));
    graph_.outputs.push_back(value);
  }

  const onnx::ModelProto& model_;
  const std::string& source_;
  const InputSize input_size_;
  const std::int64_t opset_;
  std::vector<Tensor>* const given_;
  const std::set<std::string> file_names_;
  Graph graph_;
  std::size_t computed_ = 0;
  std::map<std::string, OnnxConstant> constants_;
  std::map<std::string, std::string> aliases_;  // outputs of nodes that do nothing -> what they pass on
  std::set<std::string> names_;                 // names of all values so far
};

Graph import(std::string_view bytes, const std::string& source, InputSize input_size,
             std::vector<Tensor>* inputs) {
  onnx::ModelProto model;
  if (bytes.size() > INT32_MAX || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !model.has_graph()) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: not an ONNX file, or cut off ({} bytes)", source, bytes.size()));
  }
  return OnnxImport(model, source, input_size, inputs).run();
}

}  // namespace

Graph parse_onnx(std::string_view bytes, const std::string& source, InputSize input_size) {
  return import(bytes, source, input_size, nullptr);
}

Graph read_onnx(const std::filesystem::path& path, InputSize input_size) {
  return import(read_file(path, INT32_MAX), path.string(), input_size, nullptr);
}

Graph read_onnx(const std::filesystem::path& path, std::vector<Tensor>& inputs) {
  return import(read_file(path, INT32_MAX), path.string(), std::nullopt, &inputs);
}

}  // namespace mainstream
