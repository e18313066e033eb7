#include "node/config_key.hpp"

#include "core/text.hpp"

namespace mainstream {

std::string described(const Takes& takes) {
  switch (takes.type) {
    case Takes::Type::boolean:
      return "true or false";
    case Takes::Type::integer:
      return fmt::format("a whole number from {:.0f} to {:.0f}", takes.low, takes.high);
    case Takes::Type::number:
      return fmt::format("a number from {:.10g} to {:.10g}", takes.low, takes.high);
    case Takes::Type::words:
      return fmt::format("one of: {}", joined(takes.words, ", "));
    case Takes::Type::text:
    case Takes::Type::list:
      break;
  }
  return std::string(takes.form);
}

std::string mismatch(const Takes& takes, const TomlValue& value) {
  return fmt::format("expected {}, got {}", described(takes), described(value));
}

std::optional<double> number_in(const TomlValue& value, const Takes& takes) {
  std::optional<double> number;
  if (const auto* whole = value.as<std::int64_t>()) number = static_cast<double>(*whole);
  if (const auto* real = value.as<double>()) number = *real;
  const bool is_whole = value.as<std::int64_t>() != nullptr;
  if (!number || (takes.type == Takes::Type::integer && !is_whole)) return std::nullopt;
  if (!(*number >= takes.low && *number <= takes.high)) return std::nullopt;  // NaN, too
  return number;
}

std::string path_fault(std::string_view path) {
  constexpr std::size_t kLongest = 4096;
  if (path.empty()) return "is empty, expected a path";
  if (path.size() > kLongest) return fmt::format("has {} bytes, expected at most {}", path.size(), kLongest);
  if (const std::string hidden = first_hidden(path); !hidden.empty()) {
    return fmt::format("holds {}, expected letters that can be seen", hidden);
  }
  return {};
}

std::string without_secrets(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string(text);
  const std::string_view start = text.substr(0, scheme + 3);
  std::string_view rest = text.substr(start.size());
  std::string shown(start);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    shown += "***@";
    rest.remove_prefix(at + 1);
  }
  const auto parameters = rest.find_first_of("?#");
  shown += rest.substr(0, parameters);
  return parameters == std::string_view::npos ? shown : shown + "?..";
}

}  // namespace mainstream
