// The option --budget.
#pragma once

#include <optional>
#include <string>

namespace mainstream {

// A cost per second above 0, or nothing for "auto". Throws usage.
[[nodiscard]] std::optional<double> parse_budget(const std::string& text);

}  // namespace mainstream
