#include "mainstream/precision.hpp"

namespace mainstream {

const char* to_string(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
  }
  return "";
}

std::string to_string(const PrecisionPair& precisions) {
  return std::string(to_string(precisions.stem)) + " stem, " + to_string(precisions.tail) + " tail";
}

std::optional<Precision> precision_from(const std::string& name) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8}) {
    if (name == to_string(precision)) return precision;
  }
  return std::nullopt;
}

}  // namespace mainstream
