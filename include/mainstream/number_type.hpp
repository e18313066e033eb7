// In what numbers a network is computed.
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

// In what numbers one app's network runs: the stem up to its branchpoint, and the tail behind it.
struct NumberTypes {
  NumberType stem = NumberType::f32, tail = NumberType::f32;
  // clang-tidy 14 takes the zero that a comparison is compared with for a null pointer.
  auto operator<=>(const NumberTypes&) const = default;  // NOLINT(modernize-use-nullptr)
};

[[nodiscard]] std::string to_string(const NumberTypes& number_types);  // "int8 stem, f32 tail"

// What values an activation takes; those outside are cut off in int8.
struct Range {
  float low = 0, high = 0;
  bool operator==(const Range&) const = default;
};

// How a network at some number type agrees with itself in f32, over inputs that its ranges were not measured
// on.
struct Agreement {
  double top1 = 0;                            // share of inputs with the same highest output
  double mean_cosine = 0, lowest_cosine = 0;  // between the features of the two
  std::size_t inputs = 0;
};

// By tensor. An activation without a range is not computed on in int8.
using Ranges = std::map<std::string, Range>;

}  // namespace mainstream
