#include "eval/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr double kMarginS = 0.5;
constexpr int kTruth = 0, kHit = 3, kMiss = 2, kFalse = 6, kOther = 7;  // colours

bool within(const FrameRange& range, std::int64_t frame) {
  return range.first <= frame && frame <= range.last;
}

// Places of the shown frames on the axis: windows of events one after the other, in seconds.
class Windows {
 public:
  Windows(const std::vector<FrameRange>& events, double fps) : fps_(fps) {
    double start = 0;
    for (const FrameRange& event : events) {
      windows_.push_back({event, start});
      start += length_s(event) + 2 * kMarginS;
    }
    width_ = start;
  }

  // Nothing for a frame that no window shows.
  [[nodiscard]] std::optional<double> place(std::int64_t frame) const {
    for (const auto& [event, start] : windows_) {
      const double at = start + kMarginS + static_cast<double>(frame - event.first) / fps_;
      if (at >= start && at < start + length_s(event) + 2 * kMarginS) return at;
    }
    return std::nullopt;
  }

  [[nodiscard]] PlotSeries truth(double y) const {
    PlotSeries bars{"event", {}, PlotSeries::Style::spans, kTruth};
    for (const auto& [event, start] : windows_) {
      bars.points.emplace_back(start + kMarginS, y);
      bars.points.emplace_back(start + kMarginS + length_s(event), y);
    }
    return bars;
  }

  [[nodiscard]] std::vector<std::pair<double, std::string>> names() const {
    std::vector<std::pair<double, std::string>> names;
    for (const auto& [event, start] : windows_)
      names.emplace_back(start + kMarginS, fmt::format("{:.0f} s", static_cast<double>(event.first) / fps_));
    return names;
  }

  [[nodiscard]] double width() const { return width_; }

 private:
  [[nodiscard]] double length_s(const FrameRange& event) const {
    return static_cast<double>(event.last - event.first + 1) / fps_;
  }
  struct Window {
    FrameRange event;
    double start = 0;
  };
  const double fps_;
  std::vector<Window> windows_;
  double width_ = 0;
};

struct RowOfRun {
  TimelineRow row;
  RealRun run;
};

Json run_json(const RealRun& run, const std::vector<FrameAnswer>& answers, const std::string& app) {
  Json json{{"run", to_json(run)}, {"frames", Json::array()}, {"positive", Json::array()}};
  for (const FrameAnswer& answer : answers) {
    if (answer.app != app) continue;
    json["frames"].push_back(answer.frame);
    json["positive"].push_back(answer.positive);
  }
  return json;
}

RowOfRun row_from(const JsonField& json, const std::string& name) {
  RowOfRun row{{name, {}}, real_run_from(json["run"])};
  const JsonField frames = json["frames"], positive = json["positive"];
  for (std::size_t i = 0; i < frames.size(); ++i)
    row.row.answers.push_back(
        {frames.at(i).integer(0, std::int64_t{1} << 40), {}, 0, positive.at(i).boolean()});
  return row;
}

std::string app_of(const TenantPool& pool, const TenantMix& mix, const std::string& wanted) {
  const std::vector<std::string> names = names_of(mix, pool);
  if (wanted.empty()) return names.front();
  if (std::ranges::find(names, wanted) != names.end()) return wanted;
  throw Error(ErrorKind::usage, fmt::format("--show: the mix has no app \"{}\", expected one of: {}", wanted,
                                            joined(names, ", ")));
}

Rows timeline_table(const std::vector<FrameRange>& events, const std::vector<RowOfRun>& rows) {
  Rows table{{"run", "fps reached", "frames of events", "analysed", "hit", "events", "analysed", "hit",
              "positive frames outside", "mean F1 of all apps"}};
  for (const auto& [row, run] : rows) {
    const TimelineCounts counts = count_answers(events, row);
    std::vector<std::string> cells{row.name, fmt::format("{:.2f}", run.reached_fps)};
    for (const std::int64_t count : {counts.frames, counts.analysed, counts.hit, counts.events,
                                     counts.events_analysed, counts.events_hit, counts.false_frames})
      cells.push_back(std::to_string(count));
    cells.push_back(run.reason.empty() ? fmt::format("{:.3f}", run.f1) : "no schedule fits");
    table.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

TimelineCounts count_answers(const std::vector<FrameRange>& events, const TimelineRow& row) {
  TimelineCounts counts;
  counts.events = std::ssize(events);
  std::int64_t inside = 0, positive = 0;
  for (const FrameRange& event : events) {
    std::int64_t analysed = 0, hit = 0;
    for (const FrameAnswer& answer : row.answers) {
      if (!within(event, answer.frame)) continue;
      ++analysed;
      hit += answer.positive ? 1 : 0;
    }
    counts.frames += event.last - event.first + 1;
    counts.events_analysed += analysed > 0 ? 1 : 0;
    counts.events_hit += hit > 0 ? 1 : 0;
    inside += analysed;
    counts.hit += hit;
  }
  for (const FrameAnswer& answer : row.answers) positive += answer.positive ? 1 : 0;
  counts.analysed = inside;
  counts.false_frames = positive - counts.hit;
  return counts;
}

std::vector<FrameRange> some_events(const std::vector<FrameRange>& events, std::size_t count) {
  if (events.size() <= count) return events;
  std::vector<FrameRange> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(events[i * events.size() / count]);
  return chosen;
}

Plot timeline_plot(const std::vector<FrameRange>& events, const std::vector<TimelineRow>& rows, double fps) {
  const Windows windows(events, fps);
  const auto truth_y = static_cast<double>(rows.size());
  PlotSeries hit{"hit", {}, PlotSeries::Style::marks, kHit},
      miss{"missed", {}, PlotSeries::Style::marks, kMiss},
      wrong{"false", {}, PlotSeries::Style::marks, kFalse},
      other{"negative", {}, PlotSeries::Style::marks, kOther};
  Plot plot{.title = "Analysed frames around events",
            .x_label = "seconds of the windows; named: when the event begins in the stream",
            .y_label = "",
            .series = {},
            .y_range = {{-0.5, truth_y + 0.5}},
            .x_range = {{0, windows.width()}},
            .y_names = {{truth_y, "truth"}},
            .x_names = windows.names()};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto y = static_cast<double>(rows.size() - 1 - r);
    plot.y_names.emplace_back(y, rows[r].name);
    for (const FrameAnswer& answer : rows[r].answers) {
      const auto x = windows.place(answer.frame);
      if (!x) continue;
      const bool is_true =
          std::ranges::any_of(events, [&](const FrameRange& event) { return within(event, answer.frame); });
      PlotSeries& kind = is_true ? (answer.positive ? hit : miss) : (answer.positive ? wrong : other);
      kind.points.emplace_back(*x, y);
    }
  }
  plot.series = {windows.truth(truth_y), hit, miss, wrong, other};
  return plot;
}

ExperimentFiles run_timeline(const ExperimentSetup& setup, const TenantPool& pool,
                             const TimelineOptions& options, const RealRunOptions& run) {
  const TenantMix mix = draw_mix(pool.trained.mix.apps.size(), options.tenants, options.seed);
  const std::string app = app_of(pool, mix, options.app);
  const Labels labels = read_labels(run.stream.labels);
  const double budget = options.share * whole_base_cost(pool);
  const std::array modes{Mode::mainstream, Mode::max_sharing, Mode::apart, Mode::no_sharing};
  ExperimentResults results(setup, modes.size());
  std::vector<RowOfRun> rows;
  std::vector<TimelineRow> shown;
  for (const Mode mode : modes) {
    const std::string name = to_string(mode);
    const Json cell = results.cell(name, [&] {
      RealRunOptions logged = run;
      logged.frame_log = setup.output / (name + ".frames.csv");
      const RealRun result = run_really(pool, mix, mode, budget, logged);
      const bool ran = result.reason.empty();
      return run_json(result, ran ? read_frame_log(logged.frame_log) : std::vector<FrameAnswer>{}, app);
    });
    rows.push_back(row_from(JsonField(cell, name), name));
    shown.push_back(rows.back().row);
  }
  const std::vector<FrameRange> events = runs_of(labels.of(app), 0, labels.frames);
  ExperimentReport report;
  report.title = "Timeline: what was analysed during events of " + app;
  report.runs = "each mode run once on the whole stream, pace all";
  report.spread = "none: single runs";
  report.sections.push_back(
      {.heading = fmt::format("{} of {} apps, budget {:.1f} ms/s", app, options.tenants, budget),
       .text = {fmt::format("The mix: {}. The table counts all events of {}, the picture shows some.",
                            joined(names_of(mix, pool), ", "), app)},
       .charts = {{"events", timeline_plot(some_events(events, options.events), shown, run.stream.fps)}},
       .table = timeline_table(events, rows)});
  report.figures = report.sections.back().table;
  return results.write(report);
}

}  // namespace mainstream
