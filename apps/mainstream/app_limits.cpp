#include "app_limits.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "parse_number.hpp"

namespace mainstream {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& message) {
  throw Error(ErrorKind::usage, fmt::format("--limit '{}': {}", text, message));
}

double number_in(const std::string& text, const std::string& value) {
  const auto number = parse_number<double>(value);
  if (!number || *number < 0) refuse(text, fmt::format("expected a number of at least 0, got '{}'", value));
  return *number;
}

Problem::App& app_in(const std::string& text, const std::string& id, Problem& problem) {
  std::vector<std::string> known;
  for (Problem::App& app : problem.apps) {
    if (app.id == id) return app;
    known.push_back(app.id);
  }
  refuse(text, fmt::format("no app '{}', expected one of: {}", id, joined(known, ", ")));
}

void set_candidate(const std::string& text, const std::string& id, Problem::App& app) {
  std::set<std::string> known;
  for (const auto& candidate : app.candidates) known.insert(candidate_id(candidate));
  for (const auto& option : app.options) known.insert(candidate_id(option));
  if (!known.contains(id)) {
    refuse(text, fmt::format("app '{}' has no candidate '{}', expected one of: {}", app.id, id,
                             joined(known, ", ")));
  }
  app.fixed_candidate = id;
}

void set_number(const std::string& text, const std::string& field, double value, Problem::App& app) {
  if (field == "min_fps") {
    app.min_fps = value;
  } else if (field == "max_fps") {
    app.max_fps = value;
  } else if (field == "min_f1") {
    app.min_f1 = value;
  } else if (field == "fixed_fps") {
    app.fixed_fps = value;
  } else if (field == "fixed_frozen") {
    if (value != std::floor(value) || value > 1e9)
      refuse(text, "fixed_frozen: expected a whole number of layers");
    app.fixed_frozen = static_cast<int>(value);
  } else if (field == "weight") {
    app.weight = value;
  } else {
    refuse(text, fmt::format("unknown field '{}', expected one of: min_fps, max_fps, min_f1, fixed_fps, "
                             "fixed_frozen, fixed_candidate, weight",
                             field));
  }
}

}  // namespace

void apply_limit(const std::string& text, Problem& problem) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) refuse(text, "expected APP:FIELD=VALUE");
  Problem::App& app = app_in(text, text.substr(0, colon), problem);
  for (std::size_t begin = colon + 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const auto equals = part.find('=');
    if (equals == std::string::npos) refuse(text, fmt::format("expected FIELD=VALUE, got '{}'", part));
    const std::string field = part.substr(0, equals), value = part.substr(equals + 1);
    if (field == "fixed_candidate") {
      set_candidate(text, value, app);
    } else {
      set_number(text, field, number_in(text, value), app);
    }
    begin = end + 1;
  }
  try {
    validate(problem);
  } catch (const Error& error) {
    refuse(text, error.what());
  }
}

}  // namespace mainstream
