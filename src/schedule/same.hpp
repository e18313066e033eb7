// When the search takes two numbers for one.
#pragma once

namespace mainstream {

// Costs and qualities that differ by less count as one.
inline constexpr double kSame = 1e-9;

}  // namespace mainstream
