// What is compared: ways of choosing schedules, and the budgets that they are given.
#pragma once

#include <string>
#include <vector>

#include "mainstream/planning.hpp"

namespace mainstream {

// A way of choosing.
struct Method {
  std::string name;  // "mainstream", "tails only", "max-sharing", ..
  Mode mode = Mode::mainstream;
  bool tails_only = false;  // with packages of tails alone
};

// Mainstream first, then Mainstream with tails alone, then the baselines.
[[nodiscard]] const std::vector<Method>& methods();
inline constexpr const char* kMainstream = "mainstream";

// Milliseconds per second that N whole bases at the stream's rate take, each for itself. Budgets are given as
// shares of this, which means the same on every machine.
[[nodiscard]] double whole_bases_cost(const Mix& mix, const Costs& costs);

}  // namespace mainstream
