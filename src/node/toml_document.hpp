// A TOML file as plain values that know where they stand. The one place that includes toml++.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mainstream/error.hpp"

namespace mainstream {

// Line and column in a file, both from 1; 0: not in a file.
struct Place {
  int line = 0, column = 0;
  auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr)
};

struct TomlField;

struct TomlValue {
  using List = std::vector<TomlValue>;
  using Table = std::vector<TomlField>;
  struct Time {};  // a date or a time, which no key takes

  std::variant<bool, std::int64_t, double, std::string, Time, List, Table> value;
  Place at;

  template <typename Kind>
  [[nodiscard]] const Kind* as() const {
    return std::get_if<Kind>(&value);
  }
};

struct TomlField {
  std::string key;
  Place at;  // of the key
  TomlValue value;
};

// What a message says of a value: "a table", "\"fast\"", "12".
[[nodiscard]] std::string described(const TomlValue& value);

// A mistake in a file, for a person who wants to correct it.
struct ConfigFault {
  ErrorKind kind = ErrorKind::usage;
  Place at;
  std::string what;  // what is there, and what would be right
};

// "node.toml:12:3: what"
[[nodiscard]] std::string message(const std::string& source, const ConfigFault& fault);

// The root table, with its fields in the order of the file; or, for a text that is no TOML, its first
// mistake.
[[nodiscard]] std::variant<TomlValue, ConfigFault> parse_toml(std::string_view text);

}  // namespace mainstream
