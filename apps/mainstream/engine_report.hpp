// The engine's steps for a network, for `base show --engine` and `bench --steps`.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// The steps of the stem with median times; as in runs, every branchpoint is kept. Throws usage for int8 with
// a base that is not calibrated.
[[nodiscard]] std::vector<StepInfo> engine_steps(const Engine& engine, const Base& base,
                                                 NumberType number_type);

[[nodiscard]] std::string steps_text(const std::vector<StepInfo>& steps);
[[nodiscard]] std::string steps_json(const std::vector<StepInfo>& steps);

}  // namespace mainstream
