#include "eval/comparison_charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "eval/comparison_tables.hpp"

namespace mainstream {
namespace {

constexpr double kPercent = 100;
// Error bars of several methods at one budget stand beside each other.
constexpr double kBesides = 1.025;

// The x of "no budget": as far to the right of the largest budget as that is from 100 %, or three times as
// far if the largest budget is 100 %.
double free_place(const Comparison& comparison) {
  double largest = 0;
  for (const std::optional<double>& share : comparison.shares())
    largest = std::max(largest, share.value_or(0));
  return kPercent * (largest < 0.5 ? 1 : 3 * largest);
}

double place_of(const Comparison& comparison, const std::optional<double>& share) {
  return share ? kPercent * *share : free_place(comparison);
}

// The range of x, with a margin beside the outermost budgets.
std::pair<double, double> x_range_of(const Plot& plot) {
  const auto [low, high] = std::ranges::minmax(plot.x_names);
  return {low.first / 1.5, high.first * 1.5};
}

int colour_of(const std::string& method) {
  const auto known = std::ranges::find(methods(), method, &Method::name);
  return 1 + static_cast<int>(known - methods().begin());
}

void add_floor(const Comparison& comparison, Plot& plot) {
  const auto floor = always_on_f1(comparison);
  if (!floor) return;
  PlotSeries series{"always on", {}, PlotSeries::Style::lines, 0};
  for (const std::optional<double>& share : comparison.shares()) {
    series.points.emplace_back(place_of(comparison, share), *floor);
  }
  plot.series.push_back(std::move(series));
}

void add_span(PlotSeries& series, const FrameRange& range, double y, double fps) {
  series.points.emplace_back(static_cast<double>(range.first) / fps, y);
  series.points.emplace_back(static_cast<double>(range.last + 1) / fps, y);
}

void add_reported(PlotSeries& series, const Trial* trial, const std::string& app, double y, double fps) {
  if (trial == nullptr) return;
  for (const EventRecord& event : trial->events) {
    if (event.app == app) add_span(series, event.frames, y, fps);
  }
}

}  // namespace

Plot f1_over_budget(const Comparison& comparison) {
  Plot plot{.title = "Event F1 on frames that training did not see, mean over the apps",
            .x_label = "budget, as share of what a whole base for each app at the stream's rate would take",
            .y_label = "mean F1",
            .series = {},
            .y_range = {{0, 1}},
            .logarithmic_x = true};
  for (const std::optional<double>& share : comparison.shares()) {
    plot.x_names.emplace_back(place_of(comparison, share), share ? share_text(share) : "no budget");
  }
  const std::vector<std::string> names = comparison.method_names();
  double besides = std::pow(kBesides, -0.5 * static_cast<double>(names.size() - 1));
  for (const std::string& name : names) {
    PlotSeries series{name, {}, PlotSeries::Style::lines, colour_of(name)};
    for (const std::optional<double>& share : comparison.shares()) {
      const Trial* trial = comparison.find(name, share);
      if (trial == nullptr || !trial->score.mean_f1) continue;
      series.points.emplace_back(place_of(comparison, share) * besides, *trial->score.mean_f1);
      series.errors.push_back(trial->score.mean_f1_error.value_or(0));
    }
    besides *= kBesides;
    plot.series.push_back(std::move(series));
  }
  add_floor(comparison, plot);
  plot.x_range = x_range_of(plot);
  return plot;
}

Plot timeline(const Comparison& comparison, const std::optional<double>& share) {
  const double fps = comparison.stream_fps;
  Plot plot{.title = "True events, and events that Mainstream reported",
            .x_label = "seconds of the clip",
            .y_label = "",
            .series = {},
            .y_range = {{0.4, static_cast<double>(comparison.apps.size()) + 0.6}},
            .y_names = {},
            .height = 120 + 70 * static_cast<int>(comparison.apps.size())};
  PlotSeries truth{"true", {}, PlotSeries::Style::spans, 0};
  PlotSeries free{"reported, no budget", {}, PlotSeries::Style::spans, 1};
  PlotSeries tight{"reported, " + share_text(share), {}, PlotSeries::Style::spans, 2};
  double y = static_cast<double>(comparison.apps.size());
  for (const Manifest& manifest : comparison.apps) {
    const std::string& app = manifest.app;
    plot.y_names.emplace_back(y, app);
    for (const FrameRange& event :
         runs_of(comparison.labels.of(app), comparison.frames.first, comparison.frames.last + 1)) {
      add_span(truth, event, y + 0.25, fps);
    }
    add_reported(free, comparison.find(kMainstream, std::nullopt), app, y, fps);
    if (share) add_reported(tight, comparison.find(kMainstream, share), app, y - 0.25, fps);
    y -= 1;
  }
  plot.series = {std::move(truth), std::move(free), std::move(tight)};
  return plot;
}

Plot candidates_chart(const Comparison& comparison, CandidateKind kind) {
  Plot plot{.title = kind == CandidateKind::exit ? "Exits" : "Tails",
            .x_label = "frozen share, percent of the base's multiply-adds",
            .y_label = "F1 on validation frames",
            .series = {},
            .y_range = {{0, 1}},
            .x_range = {{0, 102}}};
  int colour = 0;
  for (const Manifest& app : comparison.apps) {
    std::map<double, double, std::greater<>> best;
    for (const Candidate& candidate : app.candidates) {
      const auto quality = validation_quality(candidate);
      if (candidate.kind != kind || !quality) continue;
      double& f1 = best[kPercent * candidate.frozen_fraction];
      f1 = std::max(f1, quality->f1);
    }
    plot.series.push_back({app.app, {best.begin(), best.end()}, PlotSeries::Style::lines, ++colour});
  }
  return plot;
}

std::optional<MeasuredQuality> validation_quality(const Candidate& candidate) {
  std::optional<MeasuredQuality> best;
  for (const MeasuredQuality& row : candidate.measured) {
    if (!best || row.fps > best->fps || (row.fps == best->fps && row.f1 > best->f1)) best = row;
  }
  return best;
}

}  // namespace mainstream
