// mainstream score: compares the events of a run with labels.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>

#include "commands.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "frame_range.hpp"
#include "mainstream/error.hpp"
#include "mainstream/event.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct ScoreArguments {
  std::string truth, events, frames, stream;
  std::vector<std::string> apps;
  std::optional<double> fps;
  bool json = false;
};

// Events of several streams cannot be compared with the labels of one.
void choose_stream(std::vector<EventRecord>& events, const ScoreArguments& arguments) {
  std::set<std::string> streams;
  for (const EventRecord& event : events) streams.insert(event.stream);
  if (arguments.stream.empty()) {
    if (streams.size() < 2) return;
    throw Error(ErrorKind::usage,
                fmt::format("{} has events of several streams: choose one with --stream: {}",
                            arguments.events, joined(streams, ", ")));
  }
  if (!events.empty() && !streams.contains(arguments.stream)) {
    throw Error(ErrorKind::usage, fmt::format("{} has no events of stream '{}', expected one of: {}",
                                              arguments.events, arguments.stream, joined(streams, ", ")));
  }
  std::erase_if(events, [&](const EventRecord& event) { return event.stream != arguments.stream; });
}

EventsByApp group_by_app(const std::vector<EventRecord>& events, const Labels& labels,
                         const ScoreArguments& arguments) {
  EventsByApp grouped;
  if (arguments.apps.empty()) {
    for (const auto& [app, values] : labels.apps) grouped[app];
  } else {
    for (const std::string& app : arguments.apps) grouped[app];
  }
  for (const EventRecord& event : events) {
    if (arguments.apps.empty() || grouped.contains(event.app))
      grouped[event.app].push_back(detection_of(event));
    if (arguments.frames.empty() && event.frames.last >= labels.frames) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: app {}: event at frames {}..{}, but the labels in {} end at frame {}; "
                              "without --frames both must cover the same clip",
                              arguments.events, event.app, event.frames.first, event.frames.last,
                              arguments.truth, labels.frames - 1));
    }
  }
  return grouped;
}

// The stream's frame rate: as given, else computed from the last event's frame and time (both count from the
// stream's first frame).
double stream_fps(const ScoreArguments& arguments, const std::vector<EventRecord>& events) {
  if (arguments.fps) return *arguments.fps;
  const auto last = std::max_element(
      events.begin(), events.end(),
      [](const EventRecord& a, const EventRecord& b) { return a.frames.last < b.frames.last; });
  if (last != events.end() && last->frames.last > 0 && last->end_seconds > 0) {
    const double fps = static_cast<double>(last->frames.last) / last->end_seconds;
    if (fps >= 0.001) return std::round(fps * 1000) / 1000;  // times are whole microseconds
  }
  throw Error(ErrorKind::usage,
              fmt::format("{} {} the stream's frame rate; give it with --fps", arguments.events,
                          events.empty() ? "has no events that give"
                                         : "does not give (by end_frame and end_seconds)"));
}

std::string value_text(const std::optional<double>& value, int digits = 3) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::int64_t count_with_f1(const RunScore& run) {
  return std::count_if(run.apps.begin(), run.apps.end(), [](const auto& app) { return app.second.f1; });
}

std::vector<std::string> row_of(const std::string& app, const EventScore& score) {
  return {app,
          value_text(score.f1),
          value_text(score.f1_error),
          value_text(score.recall),
          value_text(score.precision),
          fmt::format("{:.0f} of {}", score.counts.found, score.true_events),
          std::to_string(score.detections),
          fmt::format("{:.1f}", score.counts.false_alarms),
          fmt::format("{:.1f}", score.false_alarms_per_hour),
          value_text(score.detections_per_found, 1),
          value_text(score.covered),
          value_text(score.median_delay_s, 2),
          value_text(score.always_on_f1)};
}

// One line for each app without true events, which has no F1.
void print_apps_without_events(const RunScore& run) {
  for (const auto& [app, score] : run.apps) {
    if (score.true_events > 0) continue;
    const std::string alarms =
        score.detections == 0 ? "no false alarm" : fmt::format("{} false alarms", score.detections);
    fmt::print("{}: no true event in these frames, so there is no F1; {}\n", app,
               score.detections == 1 ? "1 false alarm" : alarms);
  }
}

void print_table(const RunScore& run) {
  TextTable table("lrrrrrrrrrrrr",
                  {"app", "f1", "error", "recall", "precision", "found", "detections", "false alarms",
                   "per hour", "per found", "covered", "delay s", "always on"});
  for (const auto& [app, score] : run.apps) table.add(row_of(app, score));
  fmt::print("{}", table.text());
  print_apps_without_events(run);
  fmt::print(
      "frames {}..{} at {:.6g} fps: mean f1 {}, error {}, lowest {}, always on {}, over {} of {} apps\n",
      run.frames.first, run.frames.last, run.fps, value_text(run.mean_f1), value_text(run.mean_f1_error),
      value_text(run.min_f1), value_text(run.mean_always_on_f1), count_with_f1(run), run.apps.size());
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json app_json(const std::string& app, const EventScore& score) {
  return {{"app", app},
          {"f1", optional_json(score.f1)},
          {"f1_error", optional_json(score.f1_error)},
          {"recall", optional_json(score.recall)},
          {"precision", optional_json(score.precision)},
          {"true_events", score.true_events},
          {"found", score.counts.found},
          {"detections", score.detections},
          {"false_alarms", score.counts.false_alarms},
          {"false_alarms_per_hour", score.false_alarms_per_hour},
          {"detections_per_found", optional_json(score.detections_per_found)},
          {"covered", optional_json(score.covered)},
          {"median_delay_s", optional_json(score.median_delay_s)},
          {"always_on_f1", optional_json(score.always_on_f1)}};
}

void print_json(const RunScore& run) {
  Json apps = Json::array();
  for (const auto& [app, score] : run.apps) apps.push_back(app_json(app, score));
  const Json json = {{"first_frame", run.frames.first},
                     {"last_frame", run.frames.last},
                     {"fps", run.fps},
                     {"apps", std::move(apps)},
                     {"apps_with_f1", count_with_f1(run)},
                     {"mean_f1", optional_json(run.mean_f1)},
                     {"mean_f1_error", optional_json(run.mean_f1_error)},
                     {"min_f1", optional_json(run.min_f1)},
                     {"mean_always_on_f1", optional_json(run.mean_always_on_f1)}};
  fmt::print("{}\n", json_text(json, 1));
}

void score(const ScoreArguments& arguments) {
  const Labels labels = read_labels(arguments.truth);
  const FrameRange frames =
      arguments.frames.empty() ? FrameRange{0, labels.frames - 1} : parse_frames(arguments.frames);
  std::vector<EventRecord> events = read_events(arguments.events);
  choose_stream(events, arguments);
  const EventsByApp detected = group_by_app(events, labels, arguments);
  for (const auto& [app, detections] : detected) (void)labels.of(app);  // reports a wrong name first
  const RunScore run = score_run(labels, detected, {.fps = stream_fps(arguments, events), .frames = frames});
  if (arguments.json) {
    print_json(run);
  } else {
    print_table(run);
  }
}

}  // namespace

void add_score_command(Command program) {
  const auto arguments = std::make_shared<ScoreArguments>();
  const Command command = program.add_subcommand("score", "Scores a run's events against per-frame labels");
  command.add_option("--truth", arguments->truth, "labels: CSV frame,APP,.. with 0 or 1 per frame")
      .required();
  command.add_option("--events", arguments->events, "events of the run: JSON Lines").required();
  command.add_option("--frames", arguments->frames,
                     "FIRST..LAST, the frames that the run covered (default: all frames)");
  command.add_option("--app", arguments->apps,
                     "score only this app (may be repeated; default: all with labels)");
  command.add_option("--stream", arguments->stream, "score only this stream's events");
  command.add_option("--fps", arguments->fps,
                     "frames per second of the stream (default: computed from the events' frames and times)");
  command.add_flag("--json", arguments->json, "print JSON");
  command.footer("Example: mainstream score --truth labels.csv --events events.jsonl --frames 398..794");
  command.callback([arguments] { score(*arguments); });
}

}  // namespace mainstream
