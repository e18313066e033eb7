// Reads untrusted JSON: the error of every access names the field. What only reads includes this header: the
// library's own (core/json.hpp) takes a source more than half a second to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"

namespace mainstream {

using Json = nlohmann::ordered_json;

// A place inside a document. It remembers its path ("problem.json: apps[2].tpr") and all its errors (kind
// untrusted) begin with it. One from read_json keeps the whole document; one of a value refers to that, which
// must outlive it.
class JsonField {
 public:
  JsonField(const Json& value, std::string path)
      : JsonField(std::shared_ptr<const Json>(std::shared_ptr<void>(), &value), std::move(path)) {}

  [[nodiscard]] const Json& value() const { return *value_; }
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
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] std::string shown() const;  // for messages: 7, "word", an array of 3

  // Throws for a key that is not in the list; the message names the nearest known one.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  friend JsonField read_json(std::string_view text, const std::string& source);
  JsonField(std::shared_ptr<const Json> value, std::string path)
      : value_(std::move(value)), path_(std::move(path)) {}
  [[nodiscard]] JsonField inner(const Json& value, std::string path) const;

  std::shared_ptr<const Json> value_;  // shares the whole document, where that is kept
  std::string path_;
};

// The document's root, whose path is its source. Throws untrusted, with the source's name and the position,
// for text that is not JSON, duplicate keys, more than 64 levels of nesting, and more than four million
// values. Takes time and memory in proportion to the text.
[[nodiscard]] JsonField read_json(std::string_view text, const std::string& source);

}  // namespace mainstream
