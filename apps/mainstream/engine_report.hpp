// What the engine makes of a network, for `base show --engine` and `bench --steps`.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// The stem as runs use it, with every branchpoint kept: its steps with median times. Throws usage for int8
// and a base that was not calibrated.
[[nodiscard]] std::vector<StepInfo> engine_steps(const Engine& engine, const Base& base,
                                                 NumberType number_type);

[[nodiscard]] std::string steps_text(const std::vector<StepInfo>& steps);
[[nodiscard]] std::string steps_json(const std::vector<StepInfo>& steps);

}  // namespace mainstream
