#include "eval/regret_report.hpp"

#include <fmt/format.h>

#include "mainstream/comparison.hpp"

namespace mainstream {
namespace {

constexpr double kMostCost = 1e12;  // milliseconds per second

std::vector<std::string> lines_of(const std::vector<RegretSummary>& summaries) {
  std::vector<std::string> names;
  for (const Method& method : methods()) {
    if (summaries.front().methods.contains(method.name)) names.push_back(method.name);
  }
  names.emplace_back(kHindsight);
  return names;
}

Rows regret_table(const std::vector<RegretSummary>& summaries) {
  Rows rows{{"budget"}};
  for (const std::string& name : lines_of(summaries)) rows.front().push_back(name);
  for (const RegretSummary& summary : summaries) {
    rows.push_back({fmt::format("{:.1f} %", 100 * summary.share)});
    for (const std::string& name : lines_of(summaries)) {
      const RegretSummary::Line& line = summary.methods.at(name);
      rows.back().push_back(name == kMainstream ? fmt::format("{:.3f}", line.mean_f1)
                                                : fmt::format("{:.3f} ({:+.3f} ± {:.3f})", line.mean_f1,
                                                              -line.behind, line.behind_error));
    }
  }
  return rows;
}

Rows regret_figures(const std::vector<RegretSummary>& summaries) {
  Rows rows{{"share", "method", "mean_f1", "behind_mainstream", "behind_error"}};
  for (const RegretSummary& summary : summaries) {
    for (const auto& [name, line] : summary.methods) {
      rows.push_back({fmt::format("{}", summary.share), name, fmt::format("{:.6f}", line.mean_f1),
                      fmt::format("{:.6f}", line.behind), fmt::format("{:.6f}", line.behind_error)});
    }
  }
  return rows;
}

Plot regret_plot(const std::vector<RegretSummary>& summaries) {
  Plot plot{.title = "Event F1 on unseen frames",
            .x_label = "budget, percent of what a whole base for each app at the stream's rate takes",
            .y_label = "mean F1",
            .series = {},
            .y_range = {{0, 1}},
            .logarithmic_x = true};
  int colour = 0;
  for (const std::string& name : lines_of(summaries)) {
    PlotSeries series{name, {}, PlotSeries::Style::lines, ++colour % 8};
    for (const RegretSummary& summary : summaries) {
      const RegretSummary::Line& line = summary.methods.at(name);
      series.points.emplace_back(100 * summary.share, line.mean_f1);
      series.errors.push_back(line.behind_error);
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

}  // namespace

Json to_json(const std::vector<RegretPoint>& points) {
  Json list = Json::array();
  for (const RegretPoint& point : points) {
    Json json{{"share", point.share}, {"budget_ms_per_s", point.budget}};
    for (const auto& [name, f1] : point.f1) json["f1"][name] = f1;
    for (const auto& [name, f1] : point.promised) json["promised_mean_f1"][name] = f1;
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<RegretPoint> regret_points(const JsonField& json) {
  std::vector<RegretPoint> points(json.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const JsonField point = json.at(i);
    points[i].share = point["share"].number(0, kMostCost);
    points[i].budget = point["budget_ms_per_s"].number(0, kMostCost);
    point["f1"].for_each([&](const std::string& name, const JsonField& by_app) {
      for (std::size_t app = 0; app < by_app.size(); ++app)
        points[i].f1[name].push_back(by_app.at(app).number(0, 1));
    });
    point["promised_mean_f1"].for_each([&](const std::string& name, const JsonField& value) {
      points[i].promised[name] = value.number(0, 1);
    });
  }
  return points;
}

ExperimentReport regret_report(const std::vector<std::vector<RegretPoint>>& trainings, std::size_t apps) {
  const std::vector<RegretSummary> summaries = summarise(trainings);
  ExperimentReport report;
  report.title = "Regret: event F1 on frames that training did not see";
  report.runs = fmt::format("{} trainings of {} apps; each schedule replayed once from recorded scores",
                            trainings.size(), apps);
  report.spread =
      "standard error of the difference to Mainstream, paired by training and app; error bars likewise";
  report.sections.push_back(
      {.heading = "F1 over the budget",
       .text = {"A clip is cut into six blocks in time; apps are trained on three neighbouring ones and "
                "scored on the others. A budget is a share of what a whole base for each app at the stream's "
                "rate would take. In brackets: the difference to Mainstream. Hindsight is the best schedule "
                "for somebody who knows the judged frames."},
       .charts = {{"f1-over-budget", regret_plot(summaries)}},
       .table = regret_table(summaries)});
  report.figures = regret_figures(summaries);
  return report;
}

}  // namespace mainstream
