// What the sharing modes leave of an app's options.
#pragma once

#include "schedule/limits.hpp"

namespace mainstream {

// 0.1 .. 0.9: without sharing, one frame per second for everybody may already be too much.
[[nodiscard]] const std::vector<double>& rates_without_sharing();

// Reduces options to those with the least (no_sharing) or the most frozen layers (max_sharing), or, for
// greedy, which knows no precisions, to the most exact precisions. Others stay as they are.
void apply_mode(Algorithm algorithm, AppOptions& options);

// Reduces every app to its largest frozen count not above `frozen`, or else its smallest.
void fix_branchpoint(int frozen, AppOptions& options);

// All frozen counts, ascending.
[[nodiscard]] std::vector<int> frozen_counts(const AppOptions& options);

}  // namespace mainstream
