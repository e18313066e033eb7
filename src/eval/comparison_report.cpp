#include "eval/comparison_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/cpus.hpp"
#include "eval/html.hpp"
#include "eval/plot.hpp"

namespace mainstream {
namespace {

std::string shown(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "none";
}

std::string with_error(const std::optional<double>& value, const std::optional<double>& error) {
  return error ? fmt::format("{} ± {:.3f}", shown(value), *error) : shown(value);
}

std::string budget_text(const Trial& trial) {
  return trial.budget ? fmt::format("{}", *trial.budget) : "none";
}

int colour_of(Mode mode) {
  return 1 + static_cast<int>(mode);
}

std::vector<std::string> row_of(const Trial& trial, const Base& base) {
  std::vector<std::string> row{to_string(trial.mode),
                               budget_text(trial),
                               shown(trial.score.mean_f1),
                               shown(trial.score.min_f1),
                               fmt::format("{:.1f}", trial.mean_fps()),
                               fmt::format("{:.1f}", trial.report.busy_ms_per_s)};
  for (const std::string& tensor : trial.report.schedules.back().branchpoints) {
    row.push_back(fmt::format("{:.0f} %", 100 * base.branchpoint(tensor).fraction));
  }
  return row;
}

Plot quality_by_budget(const Comparison& comparison) {
  Plot plot{.title = "Mean event F1 by budget",
            .x_label = "budget, busy milliseconds per second of stream",
            .y_label = "mean F1",
            .series = {},
            .y_range = {{0, 1}},
            .y_names = {},
            .logarithmic_x = true};
  for (const Mode mode : {Mode::mainstream, Mode::max_sharing, Mode::no_sharing}) {
    PlotSeries series{to_string(mode), {}, PlotSeries::Style::lines, colour_of(mode)};
    for (const Trial& trial : comparison.budgeted) {
      if (trial.mode == mode) series.points.emplace_back(*trial.budget, trial.score.mean_f1.value_or(0));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

void add_span(PlotSeries& series, const FrameRange& range, double y, double fps) {
  series.points.emplace_back(static_cast<double>(range.first) / fps, y);
  series.points.emplace_back(static_cast<double>(range.last + 1) / fps, y);
}

// What happened and what each mode told, app by app.
Plot timeline(const Comparison& comparison, const std::vector<Trial>& trials, const std::string& title) {
  Plot plot{.title = title,
            .x_label = "seconds of the clip",
            .y_label = "",
            .series = {},
            .y_range = {},
            .y_names = {},
            .height = 700};
  const auto& apps = trials.front().report.apps;
  const double count = static_cast<double>(apps.size());
  plot.y_range = {0.4, count + 0.9};
  std::vector<PlotSeries> series{{"truth", {}, PlotSeries::Style::spans, 0}};
  for (const Trial& trial : trials) {
    series.push_back({to_string(trial.mode), {}, PlotSeries::Style::spans, colour_of(trial.mode)});
  }
  for (std::size_t app = 0; app < apps.size(); ++app) {
    const double y = count - static_cast<double>(app);
    plot.y_names.emplace_back(y + 0.2, apps[app].name);
    const std::string& name = apps[app].name;
    for (const FrameRange& event :
         runs_of(comparison.labels.of(name), comparison.frames.first, comparison.frames.last + 1)) {
      add_span(series[0], event, y + 0.4, comparison.stream_fps);
    }
    for (std::size_t i = 0; i < trials.size(); ++i) {
      for (const Detection& detection : trials[i].events.at(name)) {
        add_span(series[i + 1], detection.frames, y + 0.2 - 0.18 * static_cast<double>(i),
                 comparison.stream_fps);
      }
    }
  }
  plot.series = std::move(series);
  return plot;
}

Plot candidates_plot(const std::vector<Manifest>& apps) {
  Plot plot{.title =
                "Candidates: how often a frame of an event is recognised, "
                "on validation data",
            .x_label = "share of the base that stays frozen, percent of multiply-adds",
            .y_label = "tpr - fpr",
            .series = {},
            .y_range = {},
            .y_names = {}};
  for (std::size_t i = 0; i < apps.size(); ++i) {
    PlotSeries series{apps[i].app, {}, PlotSeries::Style::lines, static_cast<int>(i)};
    for (const Candidate& candidate : apps[i].candidates) {
      series.points.emplace_back(100 * candidate.frozen_fraction, candidate.tpr - candidate.fpr);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

// The mean F1 of apps that are always on, which is the same for all trials.
std::optional<double> floor_of(const Comparison& comparison) {
  const std::vector<Trial>& trials = comparison.live.empty() ? comparison.budgeted : comparison.live;
  if (trials.empty()) return std::nullopt;
  return trials.front().score.mean_always_on_f1;
}

std::vector<std::vector<std::string>> app_rows(const Trial& trial, const Base& base) {
  std::vector<std::vector<std::string>> rows;
  const auto& branchpoints = trial.report.schedules.back().branchpoints;
  for (std::size_t i = 0; i < trial.report.apps.size(); ++i) {
    const RunReport::App& app = trial.report.apps[i];
    const EventScore& score = trial.score.apps.at(app.name);
    rows.push_back({app.name, branchpoints[i],
                    fmt::format("{:.0f} %", 100 * base.branchpoint(branchpoints[i]).fraction),
                    fmt::format("{:.1f}", app.target_fps), fmt::format("{:.1f}", app.reached_fps),
                    with_error(score.f1, score.f1_error), shown(score.recall), shown(score.precision),
                    fmt::format("{:.0f} of {}", score.counts.found, score.true_events),
                    fmt::format("{:.1f}", score.counts.false_alarms), shown(score.median_delay_s),
                    shown(score.covered), shown(score.always_on_f1)});
  }
  return rows;
}

}  // namespace

std::vector<std::vector<std::string>> comparison_rows(const Comparison& comparison, const Base& base) {
  std::vector<std::vector<std::string>> rows{
      {"mode", "budget ms/s", "mean F1", "worst F1", "mean fps", "busy ms/s"}};
  for (const auto* trials : {&comparison.live, &comparison.budgeted}) {
    for (const Trial& trial : *trials) {
      if (rows.front().size() == 6) {
        for (const RunReport::App& app : trial.report.apps) rows.front().push_back(app.name);
      }
      rows.push_back(row_of(trial, base));
    }
  }
  return rows;
}

void write_comparison_report(const Comparison& comparison, const Base& base,
                             const std::vector<Manifest>& apps, const std::filesystem::path& path) {
  HtmlReport report("Mainstream: the modes side by side");
  report.paragraph(
      fmt::format("{} apps on base {} ({} layers), frames {} to {} of the clip at {:.4g} "
                  "frames per second, {} processors. No frame "
                  "of this part was seen in training.",
                  apps.size(), base.name, base.layers(), comparison.frames.first, comparison.frames.last,
                  comparison.stream_fps, usable_cpus()));
  report.heading("All runs");
  report.paragraph(
      "Without a budget the clip is played as a live camera. With "
      "one, every scheduled frame is analysed as fast as it "
      "goes, and the budget is metered on the time of the stream. "
      "Under each app: its branchpoint, as the share of the "
      "base's multiply-adds that is not its own.");
  auto rows = comparison_rows(comparison, base);
  const auto header = rows.front();
  rows.erase(rows.begin());
  report.table(header, rows);
  if (const auto floor = floor_of(comparison)) {
    report.paragraph(
        fmt::format("F1 counts events: found, missed, and false alarms in mean events (docs/evaluation.md). "
                    "One alarm over the whole clip for every app would have a mean F1 of {:.3f}.",
                    *floor));
  }
  for (const std::string& reason : comparison.infeasible) report.paragraph("No schedule: " + reason);
  if (!comparison.budgeted.empty()) report.chart(draw_svg(quality_by_budget(comparison)));
  report.heading("What happened, and what each mode told");
  if (!comparison.live.empty())
    report.chart(draw_svg(timeline(comparison, comparison.live, "Live, without a budget")));
  if (!comparison.budgeted.empty()) {
    std::vector<Trial> tightest;
    const double budget = comparison.budgeted.back().budget.value();
    for (const Trial& trial : comparison.budgeted) {
      if (trial.budget == budget) tightest.push_back(trial);
    }
    report.chart(draw_svg(timeline(comparison, tightest, fmt::format("Under a budget of {} ms/s", budget))));
  }
  report.heading("The apps");
  report.chart(draw_svg(candidates_plot(apps)));
  for (const auto* trials : {&comparison.live, &comparison.budgeted}) {
    for (const Trial& trial : *trials) {
      report.heading(trial.name());
      report.table({"app", "branchpoint", "frozen", "target fps", "reached fps", "F1", "recall", "precision",
                    "events found", "false alarms", "delay s", "covered", "always on"},
                   app_rows(trial, base));
    }
  }
  report.write(path);
}

}  // namespace mainstream
