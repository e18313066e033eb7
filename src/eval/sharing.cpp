#include "eval/sharing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "eval/statistics.hpp"
#include "mainstream/package.hpp"

namespace mainstream {
namespace {

struct SharingPoint {
  std::string base, pictures, candidate, kind;
  double frozen = 0, top1 = 0;
  double validation = 0;  // pictures
  [[nodiscard]] std::pair<double, double> interval() const {
    return wilson_interval(top1 * validation, validation);
  }
  [[nodiscard]] std::string line() const { return fmt::format("{}, {}", base, kind); }
};

Json candidates_json(const std::vector<std::filesystem::path>& packages) {
  Json list = Json::array();
  for (const std::filesystem::path& path : packages) {
    const MPackage package = MPackage::open(path);
    for (const Candidate& candidate : package.manifest().candidates) {
      // Exits of one tensor are what tails compare with: both see one level.
      if (candidate.kind == CandidateKind::exit && candidate.reads.size() > 1) continue;
      list.push_back({{"candidate", candidate.id},
                      {"kind", candidate.kind == CandidateKind::exit ? "exits" : "tails"},
                      {"frozen", candidate.frozen_fraction},
                      {"top1", candidate.top1},
                      {"validation", candidate.validation_size}});
    }
  }
  return list;
}

std::vector<SharingPoint> points_from(const JsonField& json, const SharingTask& task) {
  std::vector<SharingPoint> points;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonField one = json.at(i);
    points.push_back({.base = task.base,
                      .pictures = task.pictures,
                      .candidate = one["candidate"].text(),
                      .kind = one["kind"].text(),
                      .frozen = one["frozen"].number(0, 1),
                      .top1 = one["top1"].number(0, 1),
                      .validation = one["validation"].number(0, 1e9)});
  }
  std::ranges::stable_sort(points, {}, &SharingPoint::frozen);
  return points;
}

// All bases on one set of pictures.
ExperimentReport::Section pictures_section(const std::vector<SharingPoint>& points,
                                           const std::string& pictures) {
  Plot plot{.title = pictures,
            .x_label = "frozen share of the base's multiply-adds, percent",
            .y_label = "top-1",
            .series = {},
            .y_range = {{0, 1}},
            .x_range = {{0, 105}}};
  ExperimentReport::Section section{
      .heading = pictures,
      .text = {},
      .charts = {},
      .table = {{"base", "candidate", "frozen", "top-1", "95 % interval", "pictures"}}};
  for (const SharingPoint& point : points) {
    if (point.pictures != pictures) continue;
    auto series = std::ranges::find(plot.series, point.line(), &PlotSeries::label);
    if (series == plot.series.end()) {
      const int colour = static_cast<int>(plot.series.size() % 7) + 1;
      plot.series.push_back({point.line(), {}, PlotSeries::Style::lines, colour});
      series = plot.series.end() - 1;
    }
    const auto [low, high] = point.interval();
    series->points.emplace_back(100 * point.frozen, point.top1);
    series->errors.push_back((high - low) / 2);
    section.table.push_back({point.base, point.candidate, fmt::format("{:.1f} %", 100 * point.frozen),
                             fmt::format("{:.3f}", point.top1), fmt::format("{:.3f} to {:.3f}", low, high),
                             fmt::format("{:.0f}", point.validation)});
  }
  section.charts = {{pictures, std::move(plot)}};
  return section;
}

}  // namespace

ExperimentFiles run_sharing(const ExperimentSetup& setup, const std::vector<SharingTask>& tasks) {
  ExperimentResults results(setup, tasks.size());
  std::vector<SharingPoint> points;
  std::vector<std::string> pictures;
  for (const SharingTask& task : tasks) {
    const std::string name = fmt::format("{} on {}", task.base, task.pictures);
    const Json cell = results.cell(name, [&] { return candidates_json(task.train()); });
    const auto of_task = points_from(JsonField(cell, name), task);
    points.insert(points.end(), of_task.begin(), of_task.end());
    if (std::ranges::find(pictures, task.pictures) == pictures.end()) pictures.push_back(task.pictures);
  }
  ExperimentReport report;
  report.title = "Sharing: accuracy over the frozen share";
  report.runs = "one training of exits and one of tails for each base and set of pictures";
  report.spread = "95 % interval (Wilson) over the validation pictures; error bars: half its width";
  for (const std::string& set : pictures) report.sections.push_back(pictures_section(points, set));
  report.figures = {{"base", "pictures", "candidate", "kind", "frozen", "top1", "validation"}};
  for (const SharingPoint& point : points) {
    report.figures.push_back({point.base, point.pictures, point.candidate, point.kind,
                              fmt::format("{:.6f}", point.frozen), fmt::format("{:.6f}", point.top1),
                              fmt::format("{:.0f}", point.validation)});
  }
  return results.write(report);
}

}  // namespace mainstream
