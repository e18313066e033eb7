// A comparison as tables of text, for the terminal and the report.
#pragma once

#include <string>
#include <vector>

#include "eval/tables.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {

// One row per budget, one column per method: mean F1 and its standard error, joined by `plus_minus`. A cell
// is "0 (none fits)" where no schedule fits.
[[nodiscard]] Rows f1_rows(const Comparison& comparison, const std::string& plus_minus = "+-");

// The choices and scores of one method, by app and budget.
[[nodiscard]] Rows app_rows(const Comparison& comparison, const std::string& method,
                            const std::string& plus_minus = "+-");

// "1024", "30.5": busy milliseconds per second.
[[nodiscard]] std::string milliseconds_text(double value);

// The mean F1 of apps that are always on, the same for all trials; nothing without true events.
[[nodiscard]] std::optional<double> always_on_f1(const Comparison& comparison);

}  // namespace mainstream
