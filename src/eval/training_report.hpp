// What packages promise beside what unseen frames show: as kept results and as a report.
#pragma once

#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "eval/experiment.hpp"
#include "mainstream/experiments.hpp"

namespace mainstream {

// The candidates of one training's packages.
struct TrainingChecks {
  std::string trained;  // the trained part of the clip
  std::vector<CandidateCheck> checks;
};

[[nodiscard]] Json to_json(const std::vector<CandidateCheck>& checks);
// The reverse. Throws untrusted.
[[nodiscard]] std::vector<CandidateCheck> candidate_checks(const JsonField& json);

[[nodiscard]] ExperimentReport training_report(const std::vector<TrainingChecks>& trainings);

}  // namespace mainstream
