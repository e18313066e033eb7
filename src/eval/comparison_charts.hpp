// A comparison as charts.
#pragma once

#include <optional>

#include "eval/plot.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {

// Mean F1 with standard errors over the budgets' shares, one line per method; "no budget" stands at the
// right.
[[nodiscard]] Plot f1_over_budget(const Comparison& comparison);

// For each app the true events, and those that Mainstream reported without a budget and, if given, at
// `share`.
[[nodiscard]] Plot timeline(const Comparison& comparison, const std::optional<double>& share);

// The candidates of one kind: F1 on validation frames at the stream's rate, of the best for each frozen
// share. Has no points where no package has a measured F1.
[[nodiscard]] Plot candidates_chart(const Comparison& comparison, CandidateKind kind);
// F1 at the highest measured rate with the best votes; nothing for a package made without a labelled clip.
[[nodiscard]] std::optional<MeasuredQuality> validation_quality(const Candidate& candidate);

}  // namespace mainstream
