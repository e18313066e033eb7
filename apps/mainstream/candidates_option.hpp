// --candidates exits|tails|all
#pragma once

#include <optional>
#include <string>

#include "mainstream/package.hpp"

namespace mainstream {

// Returns nothing for "all". Throws usage for any other word.
[[nodiscard]] std::optional<CandidateKind> parse_candidates(const std::string& text);

}  // namespace mainstream
