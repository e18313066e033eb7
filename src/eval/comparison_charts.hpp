// A comparison as charts.
#pragma once

#include <optional>

#include "eval/plot.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {

// Mean F1 with standard errors over the budgets' shares, one line per method; "no budget" stands at the
// right.
[[nodiscard]] Plot f1_over_budget(const Comparison& comparison);

// App by app: what was true, and what Mainstream reported without a budget and, if given, at `share`.
[[nodiscard]] Plot timeline(const Comparison& comparison, const std::optional<double>& share);

// What the apps' packages hold of one kind: F1 on validation frames at the stream's rate, of the best for
// each frozen share. Without points where no package tells it.
[[nodiscard]] Plot candidates_chart(const Comparison& comparison, CandidateKind kind);
// At the highest measured rate with the best votes; nothing for a package made without a labelled clip.
[[nodiscard]] std::optional<MeasuredQuality> validation_quality(const Candidate& candidate);

}  // namespace mainstream
