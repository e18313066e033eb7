// Makes JSON values and writes them. core/json_field.hpp reads.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/json_field.hpp"

namespace mainstream {

// As read_json, but the value itself.
[[nodiscard]] Json parse_json(std::string_view text, const std::string& source);

// The text of a value: on one line, or with `indent` spaces for each level. What is not UTF-8 in it becomes
// U+FFFD. Written here alone, since each source that calls the library's own writer compiles it again.
[[nodiscard]] std::string json_text(const Json& value, int indent = -1);
// The same, or nothing where a string is not UTF-8.
[[nodiscard]] std::optional<std::string> strict_json_text(const Json& value, int indent = -1);

// A float as a number with the fewest digits that read back as the same float.
[[nodiscard]] Json shortest_number(float value);

}  // namespace mainstream
