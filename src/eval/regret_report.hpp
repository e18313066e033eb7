// Regret as kept results and as a report.
#pragma once

#include <vector>

#include "core/json_field.hpp"
#include "eval/experiment.hpp"
#include "mainstream/experiments.hpp"

namespace mainstream {

[[nodiscard]] Json to_json(const std::vector<RegretPoint>& points);
// The reverse. Throws untrusted.
[[nodiscard]] std::vector<RegretPoint> regret_points(const JsonField& json);

// Of several trainings of `apps` apps.
[[nodiscard]] ExperimentReport regret_report(const std::vector<std::vector<RegretPoint>>& trainings,
                                             std::size_t apps);

}  // namespace mainstream
