#include "eval/comparison_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/cpus.hpp"
#include "eval/comparison_charts.hpp"
#include "eval/comparison_tables.hpp"
#include "eval/html.hpp"

namespace mainstream {
namespace {

constexpr const char* kPlusMinus = "±";
constexpr double kTimelineShare = 0.03;

void add_introduction(HtmlReport& report, const Comparison& comparison) {
  const double seconds =
      static_cast<double>(comparison.frames.last - comparison.frames.first + 1) / comparison.stream_fps;
  report.paragraph(
      fmt::format("{} apps watch one camera on one machine ({} processors). They were trained separately, "
                  "from the base {}; here "
                  "they run together on frames {} to {} of the clip ({:.1f} s at {:g} frames per second), "
                  "which training did not "
                  "see.",
                  comparison.apps.size(), usable_cpus(), comparison.base_name, comparison.frames.first,
                  comparison.frames.last, seconds, comparison.stream_fps));
}

void add_f1(HtmlReport& report, const Comparison& comparison, const std::string& chart) {
  report.heading("Event F1 by budget");
  report.chart(chart);
  report.table(f1_rows(comparison, kPlusMinus));
  std::vector<std::string> notes{
      "F1 counts events: found, missed, and false alarms in mean events; the mean over the apps with its "
      "standard "
      "error. It is 0 where no schedule fits.",
      fmt::format("A budget is a share of what a whole base for each app at the stream's rate would take: {} "
                  "busy milliseconds per second here. Without a budget the machine is the limit.",
                  milliseconds_text(comparison.whole_bases_ms_per_s)),
      "Mainstream without a budget was played as a live camera; in the other runs every frame that the "
      "schedule asks "
      "for was analysed as fast as the machine allows, and the budget was metered on stream time.",
      "best fixed: the best single branchpoint for all apps. max-sharing: every app at the last branchpoint. "
      "apart: "
      "every app alone with whichever candidate is best for it. no-sharing: every app alone with its least "
      "frozen "
      "candidate. All choose rates, and candidates where they have a choice, from the same estimates."};
  if (const auto floor = always_on_f1(comparison)) {
    notes.push_back(
        fmt::format("One alarm over the whole clip for every app would have a mean F1 of {:.3f}.", *floor));
  }
  for (const std::string& method : comparison.left_out) notes.push_back(method + ".");
  report.list(notes);
}

std::string heading_of(const AppPictures& app, const Comparison& comparison) {
  const auto condition = comparison.conditions.find(app.app);
  return app.app + (condition == comparison.conditions.end() ? "" : ": " + condition->second);
}

HtmlPicture picture_of(const AppPictures& app, Outcome outcome, double fps) {
  const std::optional<ShownEvent>& event = app.of(outcome);
  if (!event)
    return {{},
            outcome == Outcome::false_alarm ? "no false alarm" : fmt::format("none {}", to_string(outcome)),
            ""};
  return {event->jpeg, picture_title(*event, outcome, fps), picture_caption(*event, outcome, fps)};
}

void add_pictures(HtmlReport& report, const Comparison& comparison,
                  const std::vector<AppPictures>& pictures) {
  if (pictures.empty()) return;
  report.heading("Found, missed, and reported in error");
  report.paragraph(
      "For each app, one event of each kind, at the tightest budget that has all three, else without a "
      "budget. "
      "The picture is the frame on which the app's score was highest.");
  for (const AppPictures& app : pictures) {
    report.subheading(heading_of(app, comparison),
                      app.share ? fmt::format("budget {}", share_text(app.share)) : "no budget");
    std::vector<HtmlPicture> row;
    for (const Outcome outcome : kOutcomes) row.push_back(picture_of(app, outcome, comparison.stream_fps));
    report.pictures(row);
  }
}

// The budget nearest to kTimelineShare at which Mainstream ran.
std::optional<double> timeline_share(const Comparison& comparison) {
  std::optional<double> best;
  const auto distance = [](double share) { return std::abs(std::log(share / kTimelineShare)); };
  for (const Trial& trial : comparison.trials) {
    if (trial.method.name != kMainstream || !trial.share || !trial.ran()) continue;
    if (!best || distance(*trial.share) < distance(*best)) best = trial.share;
  }
  return best;
}

void add_apps(HtmlReport& report, const Comparison& comparison) {
  report.heading("App by app");
  report.table(app_rows(comparison, kMainstream, kPlusMinus));
  report.list(
      {"candidate: exit-26 is a head directly on what the base's first 26 layers have computed (exit-9-14: "
       "on two "
       "tensors); tail-26 is the rest of the network, fine-tuned from there on.",
       "frozen share: the part of the base's multiply-adds that comes before the candidate's branchpoint, "
       "which apps "
       "can share.",
       "fps: as the last schedule asked for; reached: what was analysed. A budget that is spent puts frames "
       "off. "
       "votes: consecutive positive frames that make a detection. delay: median from the start of a found "
       "event to "
       "the frame that completed its votes. covered: share of the events' time within detections."});
  for (const std::string& method : comparison.method_names()) {
    if (method != kMainstream) report.folded_table(method, app_rows(comparison, method, kPlusMinus));
  }
}

bool has_points(const Plot& chart) {
  return std::ranges::any_of(chart.series, [](const PlotSeries& series) { return !series.points.empty(); });
}

void add_timeline(HtmlReport& report, const Comparison& comparison) {
  const Plot chart = timeline(comparison, timeline_share(comparison));
  if (!has_points(chart)) return;
  report.heading("True and reported events");
  report.chart(draw_svg(chart));
}

void add_candidates(HtmlReport& report, const Comparison& comparison) {
  std::vector<Plot> charts;
  for (const CandidateKind kind : {CandidateKind::exit, CandidateKind::tail}) {
    Plot chart = candidates_chart(comparison, kind);
    if (has_points(chart)) charts.push_back(std::move(chart));
  }
  if (charts.empty()) return;
  report.heading("Candidates of the apps");
  report.paragraph(
      "Event F1 that the packages promise at the stream's rate, measured on held-out frames of the training "
      "part. Among candidates with the same frozen share, the best is shown.");
  for (const Plot& chart : charts) report.chart(draw_svg(chart));
}

}  // namespace

void write_comparison_report(const Comparison& comparison, const std::vector<AppPictures>& pictures,
                             const std::string& f1_chart, const std::filesystem::path& path) {
  HtmlReport report(fmt::format("Mainstream: {} apps on one camera", comparison.apps.size()));
  add_introduction(report, comparison);
  add_f1(report, comparison, f1_chart);
  add_pictures(report, comparison, pictures);
  add_timeline(report, comparison);
  add_apps(report, comparison);
  add_candidates(report, comparison);
  report.write(path);
}

}  // namespace mainstream
