// The state of a stem, which its tails read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "infer/access.hpp"
#include "infer/plan.hpp"

namespace mainstream {

struct Stem::State {
  std::string input;
  std::vector<std::string> branchpoints;
  Plan plan;
  std::size_t done = 0;  // steps run since load
  bool loaded = false;

  // The index of the branchpoint at this tensor; nothing if there is none.
  [[nodiscard]] std::optional<std::size_t> find(const std::string& tensor) const;
  // Throws usage for an index beyond the last.
  [[nodiscard]] const Placed& at(std::size_t branchpoint) const;
  // Also throws usage when that tensor has not been computed since load.
  [[nodiscard]] const Placed& computed(std::size_t branchpoint) const;
};

}  // namespace mainstream
