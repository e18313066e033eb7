#include "budget_option.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "mainstream/error.hpp"

namespace mainstream {

std::optional<double> parse_budget(const std::string& text) {
  if (text == "auto") return std::nullopt;
  double budget = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, budget);
  if (error == std::errc() && end == last && std::isfinite(budget) && budget > 0) return budget;
  throw Error(
      ErrorKind::usage,
      fmt::format("--budget '{}': a cost per second above 0, as in 250, or auto would be right", text));
}

}  // namespace mainstream
