// Maps enumerators to their words in files.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/json_field.hpp"

namespace mainstream {

template <typename Enum, std::size_t kCount>
using Words = std::array<std::pair<Enum, std::string_view>, kCount>;

template <typename Enum, std::size_t kCount>
[[nodiscard]] std::string word_of(const Words<Enum, kCount>& words, Enum value) {
  for (const auto& [known, word] : words) {
    if (known == value) return std::string(word);
  }
  return {};
}

// Throws untrusted, listing the known words.
template <typename Enum, std::size_t kCount>
[[nodiscard]] Enum enumerator_of(const Words<Enum, kCount>& words, const JsonField& field) {
  const std::string text = field.text();
  std::string known;
  for (const auto& [value, word] : words) {
    if (text == word) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  field.fail("expected one of: " + known + "; got " + in_quotes(text));
}

}  // namespace mainstream
