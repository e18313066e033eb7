// When the search takes two numbers for one.
#pragma once

namespace mainstream {

// Costs and qualities that differ by less count as one.
inline constexpr double kSame = 1e-9;
// What a search for more value must bring.
inline constexpr double kHigher = 1e-10;

}  // namespace mainstream
