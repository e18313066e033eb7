#include "eval/plot.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// Distinguishable for most colour-blind readers (Okabe and Ito).
constexpr std::array kColours = {"#999999", "#0072B2", "#D55E00", "#009E73",
                                 "#CC79A7", "#E69F00", "#56B4E9", "#000000"};

// gnuplot reads backslashes and quotes in double-quoted text, but not in single-quoted.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out + "'";
}

std::string data_block(std::size_t index, const PlotSeries& series) {
  std::string block = fmt::format("$d{} << EOD\n", index);
  const bool spans = series.style == PlotSeries::Style::spans;
  for (std::size_t i = 0; i < series.points.size(); i += spans ? 2 : 1) {
    const auto [x, y] = series.points[i];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    block += fmt::format("{} {}", x, y);
    if (!series.errors.empty()) block += fmt::format(" {}", series.errors.at(i));
    if (spans) block += fmt::format(" {} 0", series.points.at(i + 1).first - x);
    block += '\n';
  }
  return block + "EOD\n";
}

std::string drawing(std::size_t index, const PlotSeries& series) {
  const char* colour = kColours[static_cast<std::size_t>(series.colour) % kColours.size()];
  std::string style;
  switch (series.style) {
    case PlotSeries::Style::lines:
      style = fmt::format("with {} pointtype 7 pointsize 0.5 linewidth 2 linecolor rgb '{}'",
                          series.errors.empty() ? "linespoints" : "yerrorlines", colour);
      break;
    case PlotSeries::Style::marks:
      style = fmt::format("with points pointtype 7 pointsize 0.7 linecolor rgb '{}'", colour);
      break;
    case PlotSeries::Style::spans:
      style = fmt::format("with vectors nohead linewidth 7 linecolor rgb '{}'", colour);
      break;
  }
  const std::string title = series.label.empty() ? "notitle" : "title " + quoted(series.label);
  return fmt::format("$d{} {} {}", index, style, title);
}

bool is_empty(const PlotSeries& series) {
  return series.points.empty();
}

// gnuplot reads a tic's name as a format of its number.
std::string as_format(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(c == '%' ? 2 : 1, c);
  return out;
}

std::string axis_names(const char* axis, const std::vector<std::pair<double, std::string>>& names) {
  if (names.empty()) return {};
  std::vector<std::string> tics;
  for (const auto& [place, name] : names)
    tics.push_back(fmt::format("{} {}", quoted(as_format(name)), place));
  return fmt::format("set {} ({})\n", axis, joined(tics, ", "));
}

std::string script_of(const Plot& plot, const std::string& output) {
  std::string script = fmt::format(
      "set terminal svg size {},{} dynamic noenhanced font 'sans-serif,13' background rgb 'white'\n"
      "set output {}\nset title {}\nset xlabel {}\nset ylabel {}\n"
      "set grid linecolor rgb '#dddddd'\nset border 3\nset tics nomirror\nset key outside right top\n",
      plot.width, plot.height, quoted(output), quoted(plot.title), quoted(plot.x_label),
      quoted(plot.y_label));
  if (plot.y_range) script += fmt::format("set yrange [{}:{}]\n", plot.y_range->first, plot.y_range->second);
  if (plot.x_range) script += fmt::format("set xrange [{}:{}]\n", plot.x_range->first, plot.x_range->second);
  if (plot.logarithmic_x) script += "set logscale x\n";
  if (plot.logarithmic_y) script += "set logscale y\n";
  script += axis_names("xtics", plot.x_names) + axis_names("ytics", plot.y_names);
  std::vector<std::string> drawings;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    if (is_empty(plot.series[i])) continue;
    script += data_block(i, plot.series[i]);
    drawings.push_back(drawing(i, plot.series[i]));
  }
  return script + fmt::format("plot {}\n", joined(drawings, ", "));
}

// The exit code. Throws failed when it cannot be started.
int run_gnuplot(const std::string& script) {
  constexpr int kCannotStart = 127;
  const std::string program = "gnuplot";
  std::array arguments{const_cast<char*>(program.c_str()), const_cast<char*>(script.c_str()),
                       static_cast<char*>(nullptr)};
  pid_t child = 0;
  int status = 0;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0 ||
      ::waitpid(child, &status, 0) != child || (WIFEXITED(status) && WEXITSTATUS(status) == kCannotStart)) {
    throw Error(ErrorKind::failed, "gnuplot cannot be started; plots need Debian's package gnuplot-nox");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

void require_gnuplot() {
  (void)run_gnuplot("/dev/null");
}

std::string draw_svg(const Plot& plot) {
  if (std::all_of(plot.series.begin(), plot.series.end(), is_empty)) {
    throw Error(ErrorKind::failed, fmt::format("plot '{}' has no points", plot.title));
  }
  const auto folder = std::filesystem::temp_directory_path();
  const TemporaryFile svg(folder / "mainstream-plot.svg");
  const TemporaryFile script(folder / "mainstream-plot.gp");
  write_file(script.path(), script_of(plot, svg.path().string()));
  const int status = run_gnuplot(script.path().string());
  if (status != 0) {
    throw Error(ErrorKind::failed,
                fmt::format("gnuplot refused the plot '{}' (status {})", plot.title, status));
  }
  return read_file(svg.path());
}

}  // namespace mainstream
