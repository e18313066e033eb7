// Chooses the candidates that go into the package.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

struct Rival {
  std::string id;
  CandidateKind kind = CandidateKind::exit;
  std::int64_t frozen_layers = 0;
  double cost = 0;       // candidate_cost
  double quality = 0;    // F1 of events or skill
  bool is_kept = false;  // whatever others do
};

// The exit that reads the features alone is kept: max-sharing needs it.
[[nodiscard]] Rival rival_of(const Base& base, const Candidate& candidate, const Graph& graph,
                             double quality);

// The error of the difference of two rivals' qualities.
using RivalError = std::function<double(std::size_t, std::size_t)>;

// For each candidate the reason to drop it; nothing if it is kept. An exit is dropped if an exit that costs
// no more is better by over recipe::kDroppedBeyond errors; a tail is kept if it is better by over
// recipe::kTailBeyond errors than every exit that costs no more.
[[nodiscard]] std::vector<std::optional<std::string>> reasons_to_drop(std::span<const Rival> rivals,
                                                                      const RivalError& error);

// The kept candidates, from the most frozen to the least. The log lists them and the reason for each dropped
// one; `measure` is the name of the quality there.
[[nodiscard]] std::vector<std::size_t> choose_candidates(const std::string& app, const std::string& measure,
                                                         std::span<const Rival> rivals,
                                                         const RivalError& error);

}  // namespace mainstream
