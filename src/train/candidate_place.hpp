// A candidate's place in the base and its cost.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Names and place of a candidate that reads these branchpoints of the base, the deepest last.
[[nodiscard]] Candidate describe_place(const Base& base, CandidateKind kind,
                                       const std::vector<std::string>& reads);

// Multiply-adds of the stem up to the candidate's branchpoint and of its own graph.
[[nodiscard]] double candidate_cost(const Base& base, const Candidate& candidate, const Graph& graph);

}  // namespace mainstream
