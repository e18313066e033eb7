#include "core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxValues = 4'000'000;  // some 300 MB in memory

// Builds a document from the parser's calls. The library's own builder looks through all fields of an object
// before it adds one, which takes quadratic time; here a set per open object finds duplicates.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const std::string& source) : source_(source) {}
  [[nodiscard]] Json take() { return std::move(root_); }

  bool null() override { return add(nullptr) != nullptr; }
  bool boolean(bool value) override { return add(value) != nullptr; }
  bool number_integer(std::int64_t value) override { return add(value) != nullptr; }
  bool number_unsigned(std::uint64_t value) override { return add(value) != nullptr; }
  bool number_float(double value, const std::string&) override { return add(value) != nullptr; }
  bool string(std::string& value) override { return add(std::move(value)) != nullptr; }
  bool binary(Json::binary_t&) override { return false; }  // not in JSON's text form

  bool start_object(std::size_t) override {
    open(Json::object());
    keys_.emplace_back();
    return true;
  }
  bool key(std::string& key) override {
    if (!keys_.back().insert(key).second) fail("duplicate field " + in_quotes(key));
    key_ = std::move(key);
    last_key_ = key_;
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    return end_array();
  }
  bool start_array(std::size_t) override {
    open(Json::array());
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    std::string what = error.what();
    if (const auto bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
    what = clean(what, 2 * kMostShown);
    if (last_key_) what += ", in or after field " + in_quotes(*last_key_);
    fail("not JSON: " + what);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::untrusted, fmt::format("{}: {}", source_, what));
  }

  void open(Json structure) {
    if (open_.size() >= kMaxDepth) fail(fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.push_back(add(std::move(structure)));
  }

  Json* add(Json value) {
    if (++values_ > kMaxValues) fail(fmt::format("has more than {} values", kMaxValues));
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    return &parent.get_ref<Json::object_t&>().emplace_back(key_, std::move(value)).second;
  }

  const std::string& source_;
  Json root_;
  std::vector<Json*> open_;  // outermost first; a structure stays where it is while it is open
  std::vector<std::set<std::string>> keys_;  // of the open objects
  std::string key_;                          // of the value that comes next
  std::optional<std::string> last_key_;
  std::size_t values_ = 0;
};

// The path of an object's field: "m.json: apps", "m.json: apps.name".
std::string field_path(const std::string& path, std::string_view key) {
  return path + (path.ends_with(":") ? " " : ".") + clean(key);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  Builder builder(source);
  (void)Json::sax_parse(text, &builder);
  return builder.take();
}

std::string json_text(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> strict_json_text(const Json& value, int indent) {
  try {
    return value.dump(indent);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

JsonField read_json(std::string_view text, const std::string& source) {
  return JsonField(std::make_shared<const Json>(parse_json(text, source)), source + ":");
}

JsonField JsonField::inner(const Json& value, std::string path) const {
  return JsonField(std::shared_ptr<const Json>(value_, &value), std::move(path));
}

std::optional<JsonField> JsonField::find(std::string_view key) const {
  if (!is_object()) fail(fmt::format("expected an object, got {}", shown()));
  const auto found = value_->find(std::string(key));
  if (found == value_->end()) return std::nullopt;
  return inner(*found, field_path(path_, key));
}

JsonField JsonField::operator[](std::string_view key) const {
  auto found = find(key);
  if (!found) fail(fmt::format("field \"{}\" is missing", key));
  return *found;
}

void JsonField::for_each(const std::function<void(const std::string&, const JsonField&)>& visit) const {
  if (!is_object()) fail(fmt::format("expected an object, got {}", shown()));
  for (const auto& item : value_->items()) {
    visit(item.key(), inner(item.value(), field_path(path_, item.key())));
  }
}

JsonField JsonField::at(std::size_t index) const {
  if (index >= size()) fail(fmt::format("has {} elements, element {} is missing", size(), index));
  return inner((*value_)[index], fmt::format("{}[{}]", path_, index));
}

std::size_t JsonField::size() const {
  if (!is_array()) fail(fmt::format("expected an array, got {}", shown()));
  return value_->size();
}

double JsonField::number(double low, double high) const {
  const double x = value_->is_number() ? value_->get<double>() : std::nan("");
  if (!(std::isfinite(x) && x >= low && x <= high)) {
    fail(fmt::format("expected a number from {} to {}, got {}", low, high, shown()));
  }
  return x;
}

std::int64_t JsonField::integer(std::int64_t low, std::int64_t high) const {
  const bool fits = value_->is_number_unsigned()
                        ? value_->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                        : value_->is_number_integer();
  if (!fits || value_->get<std::int64_t>() < low || value_->get<std::int64_t>() > high) {
    fail(fmt::format("expected a whole number from {} to {}, got {}", low, high, shown()));
  }
  return value_->get<std::int64_t>();
}

std::string JsonField::text() const {
  if (!value_->is_string()) fail(fmt::format("expected a string, got {}", shown()));
  return value_->get<std::string>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) fail(fmt::format("expected true or false, got {}", shown()));
  return value_->get<bool>();
}

bool JsonField::is_null() const {
  return value_->is_null();
}

bool JsonField::is_array() const {
  return value_->is_array();
}

bool JsonField::is_object() const {
  return value_->is_object();
}

// A structure is not written out.
std::string JsonField::shown() const {
  if (value_->is_string()) return in_quotes(value_->get_ref<const std::string&>());
  if (is_array()) return fmt::format("an array of {}", value_->size());
  if (is_object()) return "an object";
  return json_text(*value_);
}

void JsonField::allow_only(std::initializer_list<std::string_view> keys) const {
  if (!is_object()) fail(fmt::format("expected an object, got {}", shown()));
  for (const auto& item : value_->items()) {
    if (std::find(keys.begin(), keys.end(), item.key()) != keys.end()) continue;
    fail(fmt::format("unknown field {}{}", in_quotes(item.key()), did_you_mean_or_one_of(item.key(), keys)));
  }
}

void JsonField::fail(const std::string& what) const {
  throw Error(ErrorKind::untrusted, fmt::format("{}{} {}", path_, path_.ends_with(":") ? "" : ":", what));
}

Json shortest_number(float value) {
  return std::stod(fmt::format("{}", value));
}

}  // namespace mainstream
