// A node of an ONNX file: its attributes and inputs, and errors that name it.
#include <fmt/format.h>

#include <cmath>

#include "graph/onnx/import.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

const std::string& OnnxNode::input(std::size_t i) const {
  if (!has(i)) untrusted(fmt::format("input {} is missing", i));
  return proto_.input(static_cast<int>(i));
}

const Shape& OnnxNode::shape(std::size_t i) const {
  const std::string& name = input(i);
  const auto constant = constants_.find(name);
  return constant != constants_.end() ? constant->second.shape : graph_.shape(name);
}

const OnnxConstant* OnnxNode::constant(std::size_t i) const {
  if (!has(i)) return nullptr;
  const auto found = constants_.find(input(i));
  return found == constants_.end() ? nullptr : &found->second;
}

const OnnxConstant& OnnxNode::known(std::size_t i) const {
  const OnnxConstant* value = constant(i);
  if (value == nullptr) unsupported(fmt::format("input {} must be constant", i));
  return *value;
}

const std::vector<std::int64_t>& OnnxNode::integers(std::size_t i) const {
  const OnnxConstant& value = known(i);
  if (value.is_float()) untrusted(fmt::format("input {} must hold integers", i));
  return value.integers();
}

const std::vector<float>& OnnxNode::floats(std::size_t i) const {
  const OnnxConstant& value = known(i);
  if (!value.is_float()) untrusted(fmt::format("input {} must hold floats", i));
  return value.floats();
}

const onnx::AttributeProto* OnnxNode::attribute(const char* name) const {
  for (const onnx::AttributeProto& attribute : proto_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const char* name, std::int64_t otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->i();
}

float OnnxNode::number(const char* name, float otherwise) const {
  const auto* found = attribute(name);
  if (found != nullptr && !std::isfinite(found->f()))
    untrusted(fmt::format("{}: expected a finite number, got {}", name, found->f()));
  return found == nullptr ? otherwise : found->f();
}

std::string OnnxNode::text(const char* name, const std::string& otherwise) const {
  const auto* found = attribute(name);
  return found == nullptr ? otherwise : found->s();
}

std::vector<std::int64_t> OnnxNode::integers(const char* name) const {
  const auto* found = attribute(name);
  if (found == nullptr) return {};
  return {found->ints().begin(), found->ints().end()};
}

std::vector<std::int64_t> OnnxNode::list(const char* name, std::size_t as_input) const {
  return has(as_input) ? integers(as_input) : integers(name);
}

std::int64_t OnnxNode::axis(std::int64_t given, std::size_t rank) const {
  const auto dimensions = static_cast<std::int64_t>(rank);
  if (given < -dimensions || given >= dimensions)
    untrusted(fmt::format("axis {} is outside {} dimensions", given, rank));
  return given < 0 ? given + dimensions : given;
}

std::string OnnxNode::fresh_name(const std::string& suffix) const {
  std::string name = proto_.output(0) + suffix;
  while (names_.contains(name) || graph_.constants.contains(name) || graph_.shapes.contains(name))
    name += "_";
  return name;
}

std::string OnnxNode::where() const {
  const std::string& name = proto_.output_size() > 0 ? proto_.output(0) : proto_.name();
  return fmt::format("{}: node '{}' ({})", source_, name, proto_.op_type());
}

void OnnxNode::unsupported(const std::string& what) const {
  throw Error(ErrorKind::unsupported, fmt::format("{}: cannot be run: {}", where(), what));
}

void OnnxNode::untrusted(const std::string& what) const {
  throw Error(ErrorKind::untrusted, fmt::format("{}: {}", where(), what));
}

}  // namespace mainstream
