// Which candidates go into the package.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/package.hpp"

namespace mainstream {

struct Rival {
  std::string id;
  CandidateKind kind = CandidateKind::exit;
  double cost = 0;       // multiply-adds up to its branchpoint and of its own
  double quality = 0;    // F1 of events or top-1
  bool is_kept = false;  // whatever others do
};

// For each candidate why it is left out; nothing for those that stay. An exit goes when an exit that costs no
// more is better by over recipe::kDroppedBeyond errors, a tail stays when it is better than every exit that
// costs no more by over recipe::kTailBeyond. `error` is that of the difference of two rivals' qualities.
[[nodiscard]] std::vector<std::optional<std::string>> reasons_to_drop(
    std::span<const Rival> rivals, const std::function<double(std::size_t, std::size_t)>& error);

}  // namespace mainstream
