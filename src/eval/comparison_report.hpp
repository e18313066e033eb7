// A comparison of modes for people: a table, and an HTML report with charts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/mode_comparison.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// One row per trial: mode, budget, mean F1, worst F1, mean frame rate, busy
// time, then each app's branchpoint as the share of the base's multiply-adds
// that stays frozen. The first row is the header.
[[nodiscard]] std::vector<std::vector<std::string>> comparison_rows(const Comparison& comparison,
                                                                    const Base& base);

void write_comparison_report(const Comparison& comparison, const Base& base,
                             const std::vector<Manifest>& apps, const std::filesystem::path& path);

}  // namespace mainstream
