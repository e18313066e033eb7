// Charts as SVG, drawn by gnuplot (Debian: gnuplot-nox), for reports and documents.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mainstream {

struct PlotSeries {
  enum class Style {
    lines,  // points joined by lines
    marks,  // points alone
    spans,  // each pair of neighbouring points (0-1, 2-3, ..) is a thick horizontal bar
  };
  std::string label;  // empty: not in the key
  std::vector<std::pair<double, double>> points;
  Style style = Style::lines;
  int colour = 0;                   // series of one colour belong together; 0 is grey
  std::vector<double> errors = {};  // for lines: half the height of each point's error bar; empty: no bars
};

struct Plot {
  std::string title, x_label, y_label;
  std::vector<PlotSeries> series;
  std::optional<std::pair<double, double>> y_range = {}, x_range = {};
  std::vector<std::pair<double, std::string>> y_names = {}, x_names = {};  // instead of numbers on the axis
  bool logarithmic_x = false, logarithmic_y = false;
  int width = 900, height = 420;  // pixels
};

// Throws failed when gnuplot is missing: for the start of what takes long and is drawn at its end.
void require_gnuplot();

// The SVG document. Throws failed when gnuplot is missing or rejects the plot.
[[nodiscard]] std::string draw_svg(const Plot& plot);

}  // namespace mainstream
