// The options that each algorithm may choose from.
#pragma once

#include "schedule/limits.hpp"

namespace mainstream {

// How the algorithm's options are made.
[[nodiscard]] Expansion expansion_for(Algorithm algorithm);

// Keeps the options that the algorithm may choose from: those of the last branchpoint (max_sharing), of the
// least frozen tail (no_sharing), of the most exact number types (greedy); all for the others.
void keep_options_of(Algorithm algorithm, const Problem& problem, AppOptions& options);

// Keeps for each app the options of its largest frozen count up to `frozen`, or else of its smallest one.
void keep_branchpoint(int frozen, AppOptions& options);

// All frozen counts, ascending.
[[nodiscard]] std::vector<int> frozen_counts(const AppOptions& options);

}  // namespace mainstream
