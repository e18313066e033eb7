#include "eval/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "eval/statistics.hpp"
#include "event/frame_score.hpp"
#include "event/replay.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

struct Line {
  const char* name;
  const char* field;
  double SamplingPoint::*value;
};
constexpr std::array kLines{Line{"replayed from the frame log", "replayed", &SamplingPoint::replayed},
                            Line{"model, statistics of the stream", "model", &SamplingPoint::model},
                            Line{"independent errors", "independent", &SamplingPoint::independent},
                            Line{"fully dependent errors", "dependent", &SamplingPoint::dependent},
                            Line{"model, statistics of the package", "promised", &SamplingPoint::promised}};

// Mean over the events.
double modelled(const std::vector<FrameRange>& events, double stream_fps, double tpr, double correlation,
                double rate) {
  double sum = 0;
  for (const FrameRange& event : events) {
    const double frames = static_cast<double>(event.last - event.first + 1);
    const EventStatistics one{.length_ms = 1000 * frames / stream_fps, .correlation = correlation};
    sum += event_quality(one, tpr, 0, rate).recall;
  }
  return sum / static_cast<double>(events.size());
}

Json to_json(const std::vector<SamplingPoint>& points) {
  Json list = Json::array();
  for (const SamplingPoint& point : points) {
    Json json{{"fps", point.fps}};
    for (const Line& line : kLines) json[line.field] = point.*line.value;
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<SamplingPoint> points_from(const JsonField& json) {
  std::vector<SamplingPoint> points(json.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].fps = json.at(i)["fps"].number(0, 1e6);
    for (const Line& line : kLines) points[i].*line.value = json.at(i)[line.field].number(0, 1);
  }
  return points;
}

struct SampledCandidate {
  std::string app, candidate;
  std::vector<SamplingPoint> points;
};

std::vector<double> values_at(const std::vector<SampledCandidate>& all, std::size_t rate, const Line& line) {
  std::vector<double> values;
  for (const SampledCandidate& one : all) values.push_back(one.points[rate].*line.value);
  return values;
}

ExperimentReport::Section recall_section(const std::vector<SampledCandidate>& all) {
  Plot plot{.title = "Event recall over the frame rate",
            .x_label = "analysed frames per second",
            .y_label = "mean recall",
            .series = {},
            .y_range = {{0, 1}},
            .logarithmic_x = true};
  ExperimentReport::Section section{
      .heading = "Recall over the frame rate", .text = {}, .charts = {}, .table = {{"fps"}}};
  const std::vector<SamplingPoint>& rates = all.front().points;
  for (const SamplingPoint& rate : rates) section.table.push_back({fmt::format("{:g}", rate.fps)});
  std::vector<std::string> errors;
  for (const Line& line : kLines) {
    PlotSeries series{line.name, {}, PlotSeries::Style::lines, static_cast<int>(plot.series.size()) + 1};
    section.table.front().push_back(line.name);
    std::vector<double> off;
    for (std::size_t r = 0; r < rates.size(); ++r) {
      const std::vector<double> values = values_at(all, r, line), replayed = values_at(all, r, kLines[0]);
      series.points.emplace_back(rates[r].fps, mean(values));
      section.table[r + 1].push_back(fmt::format("{:.3f}", mean(values)));
      for (std::size_t i = 0; i < values.size(); ++i) off.push_back(std::abs(values[i] - replayed[i]));
    }
    plot.series.push_back(std::move(series));
    if (line.value != &SamplingPoint::replayed)
      errors.push_back(fmt::format("{}: {:.3f}", line.name, mean(off)));
  }
  section.text = {
      fmt::format("Mean distance from the replay, over candidates and rates: {}.", joined(errors, "; "))};
  section.charts = {{"recall", std::move(plot)}};
  return section;
}

}  // namespace

std::vector<SamplingPoint> sampling_points(const Manifest& manifest, const AnswerQuality& promised,
                                           const Recording& recording) {
  const std::vector<FrameRange> events = runs_of(recording.truth, 0, std::ssize(recording.truth));
  const double tpr = error_rates(recording.scores, recording.truth, promised.threshold).tpr;
  const double correlation = answer_correlation(recording, promised.threshold).value_or(0);
  const EventModel& event = manifest.event;
  const EventStatistics told{event.length_ms, event.frequency, event.correlation, 1};
  std::vector<SamplingPoint> points;
  for (const double rate : rate_grid(recording.fps)) {
    const EventCounts counts = sum(replay_cells(recording, {promised.threshold, 1, 0}, rate));
    points.push_back({.fps = rate,
                      .replayed = counts.recall().value_or(0),
                      .model = modelled(events, recording.fps, tpr, correlation, rate),
                      .independent = modelled(events, recording.fps, tpr, 0, rate),
                      .dependent = modelled(events, recording.fps, tpr, 1, rate),
                      .promised = event_quality(told, promised.tpr, promised.fpr, rate).recall});
  }
  return points;
}

ExperimentFiles run_sampling(const ExperimentSetup& setup, const TenantPool& pool) {
  const Mix& mix = pool.trained.mix;
  std::vector<SampledCandidate> all;
  Rows figures{{"app", "candidate", "fps"}};
  for (const Line& line : kLines) figures.front().emplace_back(line.field);
  std::size_t cells = 0;
  for (const Mix::App& app : mix.apps) cells += app.manifest().candidates.size();
  ExperimentResults results(setup, cells);
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const Manifest& manifest = mix.apps[a].manifest();
    for (const auto& [variant, parts] : pool.trained.scores.recordings[a]) {
      const auto& truth = parts.front().truth;
      if (variant.number_types != NumberTypes{} || std::ranges::find(truth, true) == truth.end()) continue;
      const std::string name = fmt::format("{}, {}", manifest.app, variant.candidate);
      const Json cell = results.cell(name, [&, &variant = variant, &parts = parts] {
        return to_json(sampling_points(manifest, manifest.candidate(variant.candidate), parts.front()));
      });
      all.push_back({manifest.app, variant.candidate, points_from(JsonField(cell, name))});
      for (const SamplingPoint& point : all.back().points) {
        figures.push_back({manifest.app, variant.candidate, fmt::format("{:g}", point.fps)});
        for (const Line& line : kLines) figures.back().push_back(fmt::format("{:.6f}", point.*line.value));
      }
    }
  }
  if (all.empty()) throw Error(ErrorKind::usage, "no app has an event in the stream");
  ExperimentReport report;
  report.title = "Sampling: event recall over the frame rate";
  report.runs = fmt::format("{} candidates of {} apps; the mean over all phases of each rate", all.size(),
                            mix.apps.size());
  report.spread = "none shown: lines are means over candidates";
  report.sections.push_back(recall_section(all));
  report.figures = std::move(figures);
  return results.write(report);
}

}  // namespace mainstream
