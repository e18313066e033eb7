#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "graph/onnx/import.hpp"
#include "graph/ops.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

OnnxConstant make_constant(Shape shape, std::vector<float> values) {
  return {std::move(shape), std::make_shared<const std::vector<float>>(std::move(values))};
}

OnnxConstant make_constant(Shape shape, std::vector<std::int64_t> values) {
  return {std::move(shape), std::move(values)};
}

namespace {

constexpr std::int64_t kMaxFill = 1 << 20;  // elements that a few bytes of file may expand to

// Raw bytes are little-endian; the other fields hold one value each.
template <typename To, typename From, typename Field>
std::vector<To> values_of(const onnx::TensorProto& proto, const Field& field, std::int64_t count,
                          const std::string& where) {
  std::vector<To> values(static_cast<std::size_t>(count));
  if (proto.has_raw_data()) {
    const std::string& raw = proto.raw_data();
    if (raw.size() / sizeof(From) != values.size() || raw.size() % sizeof(From) != 0) {
      throw Error(ErrorKind::untrusted, fmt::format("{}: tensor '{}' has {} bytes for {} values", where,
                                                    proto.name(), raw.size(), count));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      From value;
      std::memcpy(&value, raw.data() + i * sizeof(From), sizeof(From));
      values[i] = static_cast<To>(value);
    }
    return values;
  }
  if (field.size() != count) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: tensor '{}': expected {} values, got {}", where,
                                                  proto.name(), count, field.size()));
  }
  std::transform(field.begin(), field.end(), values.begin(),
                 [](auto value) { return static_cast<To>(value); });
  return values;
}

}  // namespace

OnnxConstant read_constant(const onnx::TensorProto& proto, const std::string& where) {
  if (proto.data_location() == onnx::TensorProto::EXTERNAL || proto.external_data_size() > 0) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("{}: tensor '{}' keeps its data in another file; save the model with its weights inside",
                    where, proto.name()));
  }
  Shape shape(proto.dims().begin(), proto.dims().end());
  // Checked before memory is allocated: a tensor cannot have more values than the file has bytes.
  const auto bytes = static_cast<std::int64_t>(proto.ByteSizeLong());
  const std::int64_t count = count_of(shape).value_or(INT64_MAX);
  if (shape.size() > kMaxRank || count > bytes) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: tensor '{}' claims to be {}, but has {} bytes", where,
                                                  proto.name(), to_string(shape), bytes));
  }
  switch (proto.data_type()) {
    case onnx::TensorProto::FLOAT:
      return make_constant(shape, values_of<float, float>(proto, proto.float_data(), count, where));
    case onnx::TensorProto::DOUBLE:
      return make_constant(shape, values_of<float, double>(proto, proto.double_data(), count, where));
    case onnx::TensorProto::INT64:
      return make_constant(shape,
                           values_of<std::int64_t, std::int64_t>(proto, proto.int64_data(), count, where));
    case onnx::TensorProto::INT32:
      return make_constant(shape,
                           values_of<std::int64_t, std::int32_t>(proto, proto.int32_data(), count, where));
    case onnx::TensorProto::BOOL:
      return make_constant(shape,
                           values_of<std::int64_t, std::uint8_t>(proto, proto.int32_data(), count, where));
    default:
      throw Error(ErrorKind::unsupported,
                  fmt::format("{}: tensor '{}': expected type f32, f64, i32, i64 or bool, got {}", where,
                              proto.name(), onnx::TensorProto::DataType_Name(proto.data_type())));
  }
}

// ---- Evaluation: what exporters write around shapes and constants --------------------------------

namespace {

template <typename T>
std::vector<T> take(const std::vector<T>& values, const std::vector<std::int64_t>& order) {
  std::vector<T> taken;
  taken.reserve(order.size());
  for (const std::int64_t i : order) taken.push_back(values[static_cast<std::size_t>(i)]);
  return taken;
}

// A new constant whose element i is the old one's element order[i].
OnnxConstant rearrange(const OnnxConstant& x, Shape shape, const std::vector<std::int64_t>& order) {
  return x.is_float() ? make_constant(std::move(shape), take(x.floats(), order))
                      : make_constant(std::move(shape), take(x.integers(), order));
}

OnnxConstant reshaped(const OnnxConstant& x, Shape shape, const OnnxNode& node) {
  if (shape.size() > kMaxRank || count_of(shape) != element_count(x.shape)) {
    node.untrusted(fmt::format("{} cannot become {}", to_string(x.shape), to_string(shape)));
  }
  return {std::move(shape), x.values};
}

std::int64_t product(const Shape& shape, std::size_t begin, std::size_t end) {
  std::int64_t count = 1;
  for (std::size_t i = begin; i < end; ++i) count *= shape[i];
  return count;
}

OnnxConstant gather(const OnnxNode& node, const OnnxConstant& x, const OnnxConstant& indices) {
  const auto axis = static_cast<std::size_t>(node.axis(node.integer("axis", 0), x.shape.size()));
  const std::int64_t outer = product(x.shape, 0, axis);
  const std::int64_t inner = product(x.shape, axis + 1, x.shape.size());
  std::vector<std::int64_t> order;
  const auto gathered = static_cast<std::int64_t>(node.integers(1).size());
  if (outer * inner > kMaxFill || outer * inner * gathered > kMaxFill) node.unsupported("too many elements");
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t index : node.integers(1)) {
      if (index < 0) index += x.shape[axis];
      if (index < 0 || index >= x.shape[axis]) node.untrusted("an index is outside its input");
      for (std::int64_t i = 0; i < inner; ++i) order.push_back((o * x.shape[axis] + index) * inner + i);
    }
  }
  Shape shape(x.shape.begin(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), x.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.shape.end());
  return rearrange(x, shape, order);
}

OnnxConstant transpose(const OnnxNode& node, const OnnxConstant& x) {
  const std::size_t rank = x.shape.size();
  std::vector<std::int64_t> permutation = node.integers("perm");
  if (permutation.empty()) {
    for (std::size_t i = 0; i < rank; ++i) permutation.push_back(static_cast<std::int64_t>(rank - 1 - i));
  }
  std::vector<std::int64_t> sorted = permutation;
  std::sort(sorted.begin(), sorted.end());
  Shape shape;
  std::vector<std::int64_t> strides;
  for (std::size_t i = 0; i < rank; ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i))
      node.untrusted("perm is not a permutation");
    const auto from = static_cast<std::size_t>(permutation[i]);
    shape.push_back(x.shape[from]);
    strides.push_back(product(x.shape, from + 1, rank));
  }
  const std::int64_t count = element_count(shape);
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  for (std::int64_t flat = 0; flat < count; ++flat) {
    std::int64_t rest = flat;
    for (std::size_t i = rank; i-- > 0;) {
      order[static_cast<std::size_t>(flat)] += rest % shape[i] * strides[i];
      rest /= shape[i];
    }
  }
  return rearrange(x, shape, order);
}

OnnxConstant concat(const OnnxNode& node) {
  OnnxConstant joined = node.known(0);
  if (joined.shape.size() != 1) node.unsupported("only lists can be joined before anything runs");
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    const OnnxConstant& next = node.known(i);
    if (next.is_float() != joined.is_float() || next.shape.size() != 1)
      node.untrusted("its inputs differ in type");
    if (floats.size() + integers.size() + static_cast<std::size_t>(next.shape[0]) > kMaxFill) {
      node.unsupported("too many elements");
    }
    if (next.is_float()) floats.insert(floats.end(), next.floats().begin(), next.floats().end());
    if (!next.is_float()) integers.insert(integers.end(), next.integers().begin(), next.integers().end());
  }
  // Computed before the values are moved: arguments are evaluated in any order.
  const Shape shape{static_cast<std::int64_t>(floats.size() + integers.size())};
  return joined.is_float() ? make_constant(shape, std::move(floats))
                           : make_constant(shape, std::move(integers));
}

OnnxConstant slice_list(const OnnxNode& node, const OnnxConstant& x) {
  const auto begins = node.list("starts", 1);
  const auto ends = node.list("ends", 2);
  const auto steps = node.list("steps", 4);
  if (x.shape.size() != 1 || begins.size() != 1 || ends.size() != 1 || (!steps.empty() && steps[0] != 1)) {
    node.unsupported("only lists can be cut before anything runs, in steps of 1");
  }
  const std::int64_t size = x.shape[0];
  const auto place = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  std::vector<std::int64_t> order;
  for (std::int64_t i = place(begins[0]); i < place(ends[0]); ++i) order.push_back(i);
  return rearrange(x, {static_cast<std::int64_t>(order.size())}, order);
}

template <typename T>
std::optional<T> arithmetic(const std::string& type, T a, T b) {
  if (type == "Add") return a + b;
  if (type == "Sub") return a - b;
  if (type == "Mul") return a * b;
  if (type == "Div" && b != T{0}) return a / b;
  return std::nullopt;
}

// Element by element; one side may be a single value.
template <typename T>
std::vector<T> combine(const OnnxNode& node, const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
    node.unsupported("broadcasting between constants");
  std::vector<T> out;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto value = arithmetic<T>(node.type(), a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
    if (!value) node.untrusted("division by zero");
    out.push_back(*value);
  }
  return out;
}

OnnxConstant combine(const OnnxNode& node) {
  const OnnxConstant& a = node.known(0);
  const OnnxConstant& b = node.known(1);
  if (a.is_float() != b.is_float()) node.untrusted("its inputs differ in type");
  for (const OnnxConstant* side : {&a, &b}) {
    if (!side->shape.empty() && element_count(side->shape) == 0) node.untrusted("an input is empty");
    const auto big = [](std::int64_t i) { return i > (1LL << 31) || i < -(1LL << 31); };
    if (!side->is_float() && std::any_of(side->integers().begin(), side->integers().end(), big)) {
      node.untrusted("a number beyond 2^31 in shape arithmetic");
    }
  }
  const Shape& shape = element_count(a.shape) >= element_count(b.shape) ? a.shape : b.shape;
  return a.is_float() ? make_constant(shape, combine(node, a.floats(), b.floats()))
                      : make_constant(shape, combine(node, a.integers(), b.integers()));
}

OnnxConstant cast(const OnnxNode& node, const OnnxConstant& x) {
  const std::int64_t to = node.integer("to", 0);
  const bool to_float = to == onnx::TensorProto::FLOAT || to == onnx::TensorProto::DOUBLE;
  if (to_float == x.is_float()) return x;
  if (to_float) return make_constant(x.shape, std::vector<float>(x.integers().begin(), x.integers().end()));
  std::vector<std::int64_t> integers;
  for (const float value : x.floats()) {
    if (!(value > -1e9F && value < 1e9F)) node.untrusted("a number that does not fit an integer");
    integers.push_back(static_cast<std::int64_t>(value));
  }
  return make_constant(x.shape, std::move(integers));
}

OnnxConstant constant_of_shape(const OnnxNode& node) {
  const Shape& shape = node.integers(std::size_t{0});
  const std::int64_t count = count_of(shape).value_or(INT64_MAX);
  if (count > kMaxFill) node.untrusted(fmt::format("it would fill {} elements", to_string(shape)));
  const onnx::AttributeProto* value = node.attribute("value");
  if (value == nullptr)
    return make_constant(shape, std::vector<float>(static_cast<std::size_t>(count), 0.0F));
  const OnnxConstant fill = read_constant(value->t(), node.where());
  if (element_count(fill.shape) != 1) node.untrusted("its value is not one number");
  return rearrange(fill, shape, std::vector<std::int64_t>(static_cast<std::size_t>(count), 0));
}

Shape squeezed(const OnnxNode& node, const Shape& shape) {
  std::vector<std::int64_t> axes = node.list("axes", 1);
  for (std::int64_t& axis : axes) axis = node.axis(axis, shape.size());
  Shape out;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool named = std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) != axes.end();
    if (!(named || (axes.empty() && shape[i] == 1))) out.push_back(shape[i]);
  }
  return out;
}

Shape unsqueezed(const OnnxNode& node, const Shape& shape) {
  std::vector<std::int64_t> axes = node.list("axes", 1);
  const std::size_t rank = shape.size() + axes.size();
  if (rank > kMaxRank) node.unsupported(fmt::format("{} dimensions", rank));
  for (std::int64_t& axis : axes) axis = node.axis(axis, rank);
  std::sort(axes.begin(), axes.end());
  Shape out = shape;
  for (const std::int64_t axis : axes) {
    if (axis > static_cast<std::int64_t>(out.size())) node.untrusted("duplicate axis");
    out.insert(out.begin() + axis, 1);
  }
  return out;
}

// All dimensions, or those from start to end.
OnnxConstant shape_of(const OnnxNode& node) {
  const Shape& shape = node.shape(0);
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto place = [rank](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + rank : i, 0, rank);
  };
  const std::int64_t begin = place(node.integer("start", 0));
  const std::int64_t end = std::max(begin, place(node.integer("end", rank)));
  return make_constant({end - begin}, std::vector<std::int64_t>(shape.begin() + begin, shape.begin() + end));
}

OnnxConstant constant_node(const OnnxNode& node) {
  if (const auto* value = node.attribute("value")) return read_constant(value->t(), node.where());
  if (const auto* value = node.attribute("value_float"))
    return make_constant({}, std::vector<float>{value->f()});
  if (const auto* value = node.attribute("value_int")) {
    return make_constant({}, std::vector<std::int64_t>{value->i()});
  }
  if (node.attribute("value_ints") != nullptr) {
    const auto values = node.integers("value_ints");
    return make_constant({static_cast<std::int64_t>(values.size())}, values);
  }
  node.unsupported("its value is not a tensor, a number or a list of integers");
}

}  // namespace

std::optional<OnnxConstant> evaluate_constant(const OnnxNode& node) {
  const std::string& type = node.type();
  if (type == "Constant") return constant_node(node);
  if (type == "Shape") return shape_of(node);
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    if (node.has(i) && node.constant(i) == nullptr) return std::nullopt;
  }
  const OnnxConstant* x = node.constant(0);
  if (x == nullptr) return std::nullopt;
  if (type == "Identity" || type == "Dropout") return *x;
  if (type == "Gather") return gather(node, *x, node.known(1));
  if (type == "Transpose") return transpose(node, *x);
  if (type == "Concat") return concat(node);
  if (type == "Slice") return slice_list(node, *x);
  if (type == "Add" || type == "Sub" || type == "Mul" || type == "Div") return combine(node);
  if (type == "Cast") return cast(node, *x);
  if (type == "ConstantOfShape") return constant_of_shape(node);
  if (type == "Squeeze") return reshaped(*x, squeezed(node, x->shape), node);
  if (type == "Unsqueeze") return reshaped(*x, unsqueezed(node, x->shape), node);
  if (type == "Reshape") {
    Shape shape = node.integers(std::size_t{1});
    Shape known;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0 && i < x->shape.size()) shape[i] = x->shape[i];
      if (shape[i] != -1) known.push_back(shape[i]);
    }
    const std::int64_t filled = std::max<std::int64_t>(count_of(known).value_or(INT64_MAX), 1);
    for (std::int64_t& size : shape) {
      if (size == -1) size = element_count(x->shape) / filled;
    }
    return reshaped(*x, shape, node);
  }
  return std::nullopt;
}

}  // namespace mainstream
