// Event F1 over the skill of single frames, a straight line (analysis of covariance). docs/scheduling.md,
// "Estimates".
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstream {

// A candidate's table of measured quality, as a whole.
struct SkilledTable {
  std::size_t app = 0, candidate = 0;  // numbers from 0; apps of a mix share candidates
  double skill = 0;                    // the Brier skill score
  double f1 = 0, variance = 0;         // means over the table: of F1, and of the variance of its error
};

// What to add to the F1 of each table so that it comes near the line through the mean of its app's tables.
// All apps have one slope. 0 for all where F1 does not rise with skill.
[[nodiscard]] std::vector<double> changes_by_skill(std::vector<SkilledTable> tables);

}  // namespace mainstream
