// Mutates ONNX models but keeps the protobuf valid: randomly changed bytes rarely pass the first check.
#include <google/protobuf/message.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace mainstream {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class ModelMutator {
 public:
  explicit ModelMutator(unsigned seed) : random_(seed) {}

  void mutate(onnx::ModelProto& model) {
    collect_words(model);
    for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
      if (below(4) == 0) {
        add_something(*model.mutable_graph());
      } else {
        change_somewhere(model);
      }
    }
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  template <typename Values>
  const auto& one_of(const Values& values) {
    return values[below(values.size())];
  }

  // Collects all strings of the model, so that a name can become another name, an operation another
  // operation.
  void collect_words(const Message& message) {
    for (const FieldDescriptor* field : set_fields(message)) {
      const Reflection& reflection = *message.GetReflection();
      const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
      for (int i = 0; i < count && words_.size() < 500; ++i) {
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          collect_words(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                             : reflection.GetMessage(message, field));
        } else if (field->type() == FieldDescriptor::TYPE_STRING) {
          words_.push_back(field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                : reflection.GetString(message, field));
        }
      }
    }
  }

  static std::vector<const FieldDescriptor*> set_fields(const Message& message) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    return fields;
  }

  // Descends to some field and changes its value, or its number of elements.
  void change_somewhere(Message& message) {
    const auto fields = set_fields(message);
    if (fields.empty()) return;
    const FieldDescriptor* field = one_of(fields);
    const Reflection& reflection = *message.GetReflection();
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_repeated()) {
      const int count = reflection.FieldSize(message, field);
      const auto i = static_cast<int>(below(static_cast<std::size_t>(count)));
      switch (below(is_message ? 12 : 6)) {
        case 0:
          return reflection.RemoveLast(&message, field);
        case 1:
          return reflection.SwapElements(&message, field, i, count - 1);
        default:
          break;
      }
      if (is_message) return change_somewhere(*reflection.MutableRepeatedMessage(&message, field, i));
      return change_element(message, field, i);
    }
    if (!is_message) return change_value(message, field);
    if (below(20) == 0) return reflection.ClearField(&message, field);
    change_somewhere(*reflection.MutableMessage(&message, field));
  }

  void change_element(Message& message, const FieldDescriptor* field, int i) {
    const Reflection& reflection = *message.GetReflection();
    const bool append = below(4) == 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return append ? reflection.AddInt64(&message, field, integer())
                      : reflection.SetRepeatedInt64(&message, field, i, integer());
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetRepeatedInt32(&message, field, i, static_cast<std::int32_t>(integer()));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return append ? reflection.AddFloat(&message, field, number())
                      : reflection.SetRepeatedFloat(&message, field, i, number());
      case FieldDescriptor::CPPTYPE_STRING:
        return append ? reflection.AddString(&message, field, word())
                      : reflection.SetRepeatedString(&message, field, i, word());
      default:
        return;
    }
  }

  void change_value(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, field, integer());
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, field, static_cast<std::int32_t>(below(20)));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection.SetFloat(&message, field, number());
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string text =
            field->type() == FieldDescriptor::TYPE_STRING ? word() : reflection.GetString(message, field);
        if (field->type() != FieldDescriptor::TYPE_STRING)
          text.resize(text.size() + below(9) - std::min<std::size_t>(text.size(), 4));
        return reflection.SetString(&message, field, text);
      }
      default:
        return;
    }
  }

  // Adds a node, or an attribute to a node.
  void add_something(onnx::GraphProto& graph) {
    static const std::vector<std::string> operations{"Add",
                                                     "AveragePool",
                                                     "BatchNormalization",
                                                     "Cast",
                                                     "Clip",
                                                     "Concat",
                                                     "Constant",
                                                     "ConstantOfShape",
                                                     "Conv",
                                                     "Div",
                                                     "Dropout",
                                                     "Flatten",
                                                     "Gather",
                                                     "Gemm",
                                                     "GlobalAveragePool",
                                                     "HardSigmoid",
                                                     "Identity",
                                                     "LRN",
                                                     "MatMul",
                                                     "MaxPool",
                                                     "Mul",
                                                     "Pad",
                                                     "ReduceMean",
                                                     "Relu",
                                                     "Reshape",
                                                     "Shape",
                                                     "Sigmoid",
                                                     "Slice",
                                                     "Softmax",
                                                     "Split",
                                                     "Squeeze",
                                                     "Sub",
                                                     "Sum",
                                                     "Transpose",
                                                     "Unsqueeze"};
    static const std::vector<std::string> attributes{
        "alpha", "auto_pad", "axes",   "axis",     "beta",         "ceil_mode", "dilations",
        "ends",  "epsilon",  "group",  "keepdims", "kernel_shape", "pads",      "perm",
        "size",  "split",    "starts", "strides",  "transB",       "value_ints"};
    if (below(2) == 0 || graph.node_size() == 0) {
      onnx::NodeProto* node = graph.add_node();
      node->set_op_type(one_of(operations));
      for (std::size_t inputs = 1 + below(3); inputs > 0; --inputs) node->add_input(word());
      node->add_output("new" + std::to_string(below(1000)));
      words_.push_back(node->output(0));
      if (below(2) == 0) graph.add_output()->set_name(node->output(0));
      return;
    }
    onnx::AttributeProto* attribute =
        graph.mutable_node(static_cast<int>(below(static_cast<std::size_t>(graph.node_size()))))
            ->add_attribute();
    attribute->set_name(one_of(attributes));
    attribute->set_i(integer());
    attribute->set_f(number());
    attribute->set_s(below(2) == 0 ? "SAME_UPPER" : "VALID");
    for (std::size_t values = below(5); values > 0; --values) attribute->add_ints(integer());
  }

  std::int64_t integer() {
    static const std::vector<std::int64_t> ends{
        INT64_MAX,        INT64_MIN,           INT64_MAX - 1, INT64_C(1) << 62,
        INT64_C(1) << 32, INT64_C(1) << 31,    INT32_MAX,     INT32_MIN,
        INT64_C(1) << 16, -(INT64_C(1) << 31), 65535,         1000};
    return below(3) == 0 ? one_of(ends) : static_cast<std::int64_t>(below(12)) - 3;
  }

  float number() {
    static const std::vector<float> values{0,      1,      -1,       0.5F,      1e38F, -1e38F,
                                           1e-40F, 1e-30F, INFINITY, -INFINITY, NAN,   -0.0F};
    return one_of(values);
  }

  std::string word() { return words_.empty() || below(20) == 0 ? "" : one_of(words_); }

  std::mt19937 random_;
  std::vector<std::string> words_;
};

}  // namespace
}  // namespace mainstream

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  onnx::ModelProto model;
  if (seed % 8 == 0 || !model.ParseFromArray(data, static_cast<int>(size))) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  mainstream::ModelMutator(seed).mutate(model);
  const std::size_t mutated = model.ByteSizeLong();
  if (mutated > max_size) return LLVMFuzzerMutate(data, size, max_size);
  model.SerializeToArray(data, static_cast<int>(mutated));
  return mutated;
}
