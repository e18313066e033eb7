// Which candidates go into the package.
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
  double quality = 0;    // F1 of events or top-1
  bool is_kept = false;  // whatever others do
};

// The exit that reads the features alone is kept: max-sharing needs it.
[[nodiscard]] Rival rival_of(const Base& base, const Candidate& candidate, const Graph& graph,
                             double quality);

// The error of the difference of two rivals' qualities.
using RivalError = std::function<double(std::size_t, std::size_t)>;

// For each candidate why it is left out; nothing for those that stay. An exit goes when an exit that costs no
// more is better by over recipe::kDroppedBeyond errors, a tail stays when it is better than every exit that
// costs no more by over recipe::kTailBeyond.
[[nodiscard]] std::vector<std::optional<std::string>> reasons_to_drop(std::span<const Rival> rivals,
                                                                      const RivalError& error);

// Those that stay, from the most frozen to the least. The log tells of all, and why those that go do;
// `measure` is what quality is called there.
[[nodiscard]] std::vector<std::size_t> choose_candidates(const std::string& app, const std::string& measure,
                                                         std::span<const Rival> rivals,
                                                         const RivalError& error);

}  // namespace mainstream
