// What is compared: ways of choosing schedules, and the budgets that they are given.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mainstream/planning.hpp"

namespace mainstream {

// A way of choosing.
struct Method {
  std::string name;  // "mainstream", "tails only", "max-sharing", ..
  Mode mode = Mode::mainstream;
  std::optional<CandidateKind> only;  // candidates of other kinds do not count
};

// Mainstream first, then Mainstream with tails alone, then the baselines.
[[nodiscard]] const std::vector<Method>& methods();
inline constexpr const char* kMainstream = "mainstream";

// Those of the mix's apps that have no candidate of this kind.
[[nodiscard]] std::vector<std::string> apps_without(const Mix& mix, CandidateKind kind);

// Milliseconds per second that N whole bases at the stream's rate take, each for itself. Budgets are given as
// shares of this, which means the same on every machine.
[[nodiscard]] double whole_bases_cost(const Mix& mix, const Costs& costs);

}  // namespace mainstream
