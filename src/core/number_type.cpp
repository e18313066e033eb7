#include "mainstream/number_type.hpp"

namespace mainstream {

const char* to_string(NumberType number_type) {
  switch (number_type) {
    case NumberType::f32:
      return "f32";
    case NumberType::bf16:
      return "bf16";
    case NumberType::int8:
      return "int8";
  }
  return "";
}

std::string to_string(const NumberTypes& number_types) {
  return std::string(to_string(number_types.stem)) + " stem, " + to_string(number_types.tail) + " tail";
}

std::optional<NumberType> number_type_from(const std::string& name) {
  for (const NumberType number_type : {NumberType::f32, NumberType::bf16, NumberType::int8}) {
    if (name == to_string(number_type)) return number_type;
  }
  return std::nullopt;
}

}  // namespace mainstream
