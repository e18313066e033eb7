#include "budget_option.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "parse_number.hpp"

namespace mainstream {

std::optional<double> parse_budget(const std::string& text) {
  if (text == "auto") return std::nullopt;
  const auto budget = parse_number<double>(text);
  if (budget && *budget > 0) return budget;
  throw Error(
      ErrorKind::usage,
      fmt::format("--budget {}: expected auto or a cost per second above 0, like 250", in_quotes(text)));
}

}  // namespace mainstream
