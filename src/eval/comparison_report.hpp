// A comparison for people: one HTML file with tables, charts and pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eval/event_pictures.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {

// `f1_chart`: f1_over_budget as SVG. Throws storage; failed when gnuplot is missing.
void write_comparison_report(const Comparison& comparison, const std::vector<AppPictures>& pictures,
                             const std::string& f1_chart, const std::filesystem::path& path);

}  // namespace mainstream
