// What the sharing modes leave of an app's options.
#pragma once

#include "schedule/limits.hpp"

namespace mainstream {

// How the algorithm wants a problem expanded.
[[nodiscard]] Expansion expansion_for(Algorithm algorithm);

// Reduces options to those that the algorithm knows: those of the last branchpoint (max_sharing), those of
// the least frozen tail (no_sharing), those of the most exact precisions (greedy, which knows no others). For
// the others, options stay as they are.
void apply_mode(Algorithm algorithm, const Problem& problem, AppOptions& options);

// Reduces every app to its largest frozen count not above `frozen`, or else its smallest.
void fix_branchpoint(int frozen, AppOptions& options);

// All frozen counts, ascending.
[[nodiscard]] std::vector<int> frozen_counts(const AppOptions& options);

}  // namespace mainstream
