#include "core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr int kMaxDepth = 64;

std::string describe(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> keys;  // keys of the open objects, outermost first
  std::string last_key;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth) {
      throw Error(ErrorKind::untrusted, fmt::format("{}: nested deeper than {} levels", source, kMaxDepth));
    }
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      last_key = in_quotes(parsed.get<std::string>());
      if (!keys.back().insert(parsed.get<std::string>()).second) {
        throw Error(ErrorKind::untrusted, fmt::format("{}: duplicate field {}", source, last_key));
      }
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    std::string what = error.what();
    if (const auto bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
    if (!last_key.empty()) what += ", in or after field " + last_key;
    throw Error(ErrorKind::untrusted, fmt::format("{}: not JSON: {}", source, what));
  }
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  if (!value_.is_object()) fail(fmt::format("expected an object, got {}", describe(value_)));
  const auto found = value_.find(std::string(key));
  if (found == value_.end()) return std::nullopt;
  const char* separator = path_.ends_with(":") ? " " : ".";
  return JsonField(*found, fmt::format("{}{}{}", path_, separator, key));
}

JsonField JsonField::operator[](std::string_view key) const {
  auto found = find(key);
  if (!found) fail(fmt::format("field \"{}\" is missing", key));
  return *found;
}

JsonField JsonField::at(std::size_t index) const {
  if (index >= size()) fail(fmt::format("has {} elements, element {} is missing", size(), index));
  return JsonField(value_[index], fmt::format("{}[{}]", path_, index));
}

std::size_t JsonField::size() const {
  if (!value_.is_array()) fail(fmt::format("expected an array, got {}", describe(value_)));
  return value_.size();
}

double JsonField::number(double low, double high) const {
  const double x = value_.is_number() ? value_.get<double>() : std::nan("");
  if (!(std::isfinite(x) && x >= low && x <= high)) {
    fail(fmt::format("expected a number from {} to {}, got {}", low, high, describe(value_)));
  }
  return x;
}

std::int64_t JsonField::integer(std::int64_t low, std::int64_t high) const {
  const bool fits = value_.is_number_unsigned()
                        ? value_.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                        : value_.is_number_integer();
  if (!fits || value_.get<std::int64_t>() < low || value_.get<std::int64_t>() > high) {
    fail(fmt::format("expected a whole number from {} to {}, got {}", low, high, describe(value_)));
  }
  return value_.get<std::int64_t>();
}

std::string JsonField::text() const {
  if (!value_.is_string()) fail(fmt::format("expected a string, got {}", describe(value_)));
  return value_.get<std::string>();
}

bool JsonField::boolean() const {
  if (!value_.is_boolean()) fail(fmt::format("expected true or false, got {}", describe(value_)));
  return value_.get<bool>();
}

void JsonField::allow_only(std::initializer_list<std::string_view> keys) const {
  if (!value_.is_object()) fail(fmt::format("expected an object, got {}", describe(value_)));
  for (const auto& item : value_.items()) {
    if (std::find(keys.begin(), keys.end(), item.key()) != keys.end()) continue;
    const std::string near = nearest_word(item.key(), keys);
    fail(fmt::format("unknown field \"{}\"{}", item.key(),
                     near.empty() ? fmt::format("; expected one of: {}", fmt::join(keys, ", "))
                                  : fmt::format("; did you mean \"{}\"?", near)));
  }
}

void JsonField::fail(const std::string& what) const {
  throw Error(ErrorKind::untrusted, fmt::format("{}{} {}", path_, path_.ends_with(":") ? "" : ":", what));
}

Json shortest_number(float value) {
  return std::stod(fmt::format("{}", value));
}

std::string in_quotes(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace mainstream
