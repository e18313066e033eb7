// A candidate's place in the base and its cost.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Names and place of a candidate that reads these branchpoints of the base, the deepest last.
[[nodiscard]] Candidate describe_place(const Base& base, CandidateKind kind,
                                       const std::vector<std::string>& reads);

// Takes the exit at the features out of the candidates, as a tail: behind the features both are a head alone.
template <typename Candidates>
[[nodiscard]] auto take_last_tail(const Base& base, Candidates& exits) {
  const std::vector<std::string> features{base.features};
  auto tail = std::move(
      *std::ranges::find_if(exits, [&](const auto& exit) { return exit.described.reads == features; }));
  std::string head = std::move(tail.described.head);
  tail.described = describe_place(base, CandidateKind::tail, features);
  tail.described.head = std::move(head);
  return tail;
}

// Multiply-adds of the stem up to the candidate's branchpoint and of its own graph.
[[nodiscard]] double candidate_cost(const Base& base, const Candidate& candidate, const Graph& graph);

}  // namespace mainstream
