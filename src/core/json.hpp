// Reads untrusted JSON: the error of every access names the field.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace mainstream {

using Json = nlohmann::ordered_json;

// Throws untrusted, with the source's name and the position, for text that is not JSON, duplicate keys, more
// than 64 levels of nesting, and more than four million values. Takes time and memory in proportion to the
// text.
[[nodiscard]] Json parse_json(std::string_view text, const std::string& source);

// A place inside a parsed document. It remembers its path ("problem.json: apps[2].tpr") and all
// its errors (kind untrusted) begin with it. Refers to the document, which must outlive it.
class JsonField {
 public:
  JsonField(const Json& value, std::string path) : value_(value), path_(std::move(path)) {}

  [[nodiscard]] const Json& value() const { return value_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  [[nodiscard]] JsonField operator[](std::string_view key) const;  // throws when it is missing
  [[nodiscard]] std::optional<JsonField> find(std::string_view key) const;
  [[nodiscard]] JsonField at(std::size_t index) const;
  // The fields of an object that may have any, in their order; looking up each by its name would take
  // quadratic time.
  void for_each(const std::function<void(const std::string& key, const JsonField& value)>& visit) const;
  [[nodiscard]] std::size_t size() const;  // number of elements of an array

  [[nodiscard]] double number(double low, double high) const;  // finite, low <= x <= high
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool boolean() const;

  // Throws for a key that is not in the list; the message names the nearest known one.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  const Json& value_;
  std::string path_;
};

// A float as a number with the fewest digits that read back as the same float.
[[nodiscard]] Json shortest_number(float value);

}  // namespace mainstream
