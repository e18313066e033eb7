// mainstream score: how well the events of a run agree with labels.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "commands.hpp"
#include "core/json.hpp"
#include "frame_range.hpp"
#include "mainstream/error.hpp"
#include "mainstream/event.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct ScoreArguments {
  std::string truth, events, frames, stream;
  std::vector<std::string> apps;
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
                            arguments.events, fmt::join(streams, ", ")));
  }
  if (!events.empty() && !streams.contains(arguments.stream)) {
    throw Error(ErrorKind::usage, fmt::format("{} has no events of stream '{}', but of: {}", arguments.events,
                                              arguments.stream, fmt::join(streams, ", ")));
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
    if (arguments.apps.empty() || grouped.contains(event.app)) grouped[event.app].push_back(event.frames);
    if (arguments.frames.empty() && event.frames.last >= labels.frames) {
      throw Error(
          ErrorKind::untrusted,
          fmt::format("{}: app {}: event at frames {}..{}, but the labels in {} end at frame {}; without "
                      "--frames both must be of the same clip",
                      arguments.events, event.app, event.frames.first, event.frames.last, arguments.truth,
                      labels.frames - 1));
    }
  }
  return grouped;
}

std::string value_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::int64_t count_with_f1(const RunScore& run) {
  return std::count_if(run.apps.begin(), run.apps.end(), [](const auto& app) { return app.second.f1; });
}

void print_table(const RunScore& run) {
  TextTable table("lrrrrrrr", {"app", "recall", "precision", "f1", "true", "found", "detected", "correct"});
  for (const auto& [app, score] : run.apps) {
    table.add({app, value_text(score.recall), value_text(score.precision), value_text(score.f1),
               std::to_string(score.true_events), std::to_string(score.found),
               std::to_string(score.detected_events), std::to_string(score.correct)});
  }
  fmt::print("{}", table.text());
  fmt::print("frames {}..{}: mean f1 {}, lowest {}, over {} of {} apps", run.frames.first, run.frames.last,
             value_text(run.mean_f1), value_text(run.min_f1), count_with_f1(run), run.apps.size());
  const bool all = count_with_f1(run) == static_cast<std::int64_t>(run.apps.size());
  fmt::print("{}\n", all ? "" : " (the others have neither true nor detected events)");
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void print_json(const RunScore& run) {
  Json apps = Json::array();
  for (const auto& [app, score] : run.apps) {
    apps.push_back({{"app", app},
                    {"true_events", score.true_events},
                    {"found", score.found},
                    {"detected_events", score.detected_events},
                    {"correct", score.correct},
                    {"recall", optional_json(score.recall)},
                    {"precision", optional_json(score.precision)},
                    {"f1", optional_json(score.f1)}});
  }
  const Json json = {{"first_frame", run.frames.first},
                     {"last_frame", run.frames.last},
                     {"apps", std::move(apps)},
                     {"apps_with_f1", count_with_f1(run)},
                     {"mean_f1", optional_json(run.mean_f1)},
                     {"min_f1", optional_json(run.min_f1)}};
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

void score(const ScoreArguments& arguments) {
  const Labels labels = read_labels(arguments.truth);
  const FrameRange frames =
      arguments.frames.empty() ? FrameRange{0, labels.frames - 1} : parse_frames(arguments.frames);
  std::vector<EventRecord> events = read_events(arguments.events);
  choose_stream(events, arguments);
  const RunScore run = score_run(labels, group_by_app(events, labels, arguments), frames);
  if (arguments.json) {
    print_json(run);
  } else {
    print_table(run);
  }
}

}  // namespace

void add_score_command(CLI::App& program) {
  const auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command = program.add_subcommand("score", "Compares a run's events with per-frame labels");
  command->add_option("--truth", arguments->truth, "labels: CSV frame,APP,.. with 0 or 1 per frame")
      ->required();
  command->add_option("--events", arguments->events, "events of the run: JSON Lines")->required();
  command->add_option("--frames", arguments->frames,
                      "FIRST..LAST, what the run covered (default: all frames)");
  command->add_option("--app", arguments->apps,
                      "score only this app (may be repeated; default: all with labels)");
  command->add_option("--stream", arguments->stream, "score only this stream's events");
  command->add_flag("--json", arguments->json, "print JSON");
  command->footer("Example: mainstream score --truth labels.csv --events events.jsonl --frames 398..794");
  command->callback([arguments] { score(*arguments); });
}

}  // namespace mainstream
