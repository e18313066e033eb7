// The number types in which networks compute.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace mainstream {

enum class NumberType {
  f32,   // the most exact first
  bf16,  // activations and weights in bfloat16, sums in f32
  int8,  // weights by channel, activations by tensor, symmetric; sums in s32
};

[[nodiscard]] const char* to_string(NumberType number_type);  // "f32", "bf16", "int8"
[[nodiscard]] std::optional<NumberType> number_type_from(const std::string& name);

// The number types of one app's network: of the stem up to its branchpoint, and of the tail behind it.
struct NumberTypes {
  NumberType stem = NumberType::f32, tail = NumberType::f32;
  // clang-tidy 14 mistakes the zero of a comparison for a null pointer.
  auto operator<=>(const NumberTypes&) const = default;  // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] std::string to_string(const NumberTypes& number_types);  // "int8 stem, f32 tail"

// The values that an activation takes; int8 clips those outside.
struct Range {
  float low = 0, high = 0;
  bool operator==(const Range&) const = default;
};

// Tells how well a network in some number type agrees with f32, over inputs that its ranges were not measured
// on.
struct Agreement {
  double top1 = 0;                            // share of inputs whose highest output is the same
  double mean_cosine = 0, lowest_cosine = 0;  // cosine similarity of the features
  std::size_t inputs = 0;
};

// Ranges by tensor. int8 does not compute on an activation without a range.
using Ranges = std::map<std::string, Range>;

}  // namespace mainstream
