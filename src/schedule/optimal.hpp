#pragma once

#include <optional>

#include "schedule/instance.hpp"

namespace mainstream {

// The best mean within the budget and, for that, the lowest cost. Nothing when no assignment fits.
[[nodiscard]] std::optional<Assignment> optimal(const Instance& instance);

}  // namespace mainstream
