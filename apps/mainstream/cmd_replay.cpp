// mainstream replay: answers the frames of an event again.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "commands.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/runner.hpp"
#include "mainstream/store.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct ReplayArguments {
  std::string event, state, events;
  ReplayOptions options;
};

EventRecord find_event(const ReplayArguments& arguments) {
  if (!arguments.state.empty()) {
    const auto event = StoreReader(arguments.state).event(arguments.event);
    if (event) return *event;
    throw Error(ErrorKind::usage,
                fmt::format("{} has no event {}", arguments.state, in_quotes(arguments.event)));
  }
  if (arguments.events.empty()) return read_event(arguments.event);
  const std::vector<EventRecord> events = read_events(arguments.events);
  const auto count = std::ranges::count(events, arguments.event, &EventRecord::id);
  if (count == 1) return *std::ranges::find(events, arguments.event, &EventRecord::id);
  throw Error(ErrorKind::usage, fmt::format("{}: expected one event {}, got {}", arguments.events,
                                            in_quotes(arguments.event), count));
}

void print(const EventRecord& event, const EventReplay& replay) {
  fmt::print(
      "app {} on {}: event {}, frames {}..{}, {} in {} stem and {} tail at {:.6g} fps, threshold {:.6g}\n\n",
      clean(event.app), clean(event.stream), clean(event.id), event.frames.first, event.frames.last,
      clean(event.candidate), to_string(event.answered_by->stem.back()), to_string(event.answered_by->tail),
      event.fps, event.answered_by->threshold);
  TextTable table("rrrll", {"frame", "seconds", "score", "positive", "at the rate"});
  for (const EventReplay::Frame& frame : replay.frames) {
    const std::string peak = frame.index == event.peak_frame ? "  peak" : "";
    table.add({std::to_string(frame.index), fmt::format("{:.3f}", frame.seconds),
               fmt::format("{:.6f}", frame.score), frame.positive ? "yes" : "",
               (frame.planned ? "yes" : "") + peak});
  }
  fmt::print("{}\n", table.text());
}

void replay(const ReplayArguments& arguments) {
  const EventRecord event = find_event(arguments);
  const EventReplay replay = replay_event(event, arguments.options);
  print(event, replay);
  const std::string scores = fmt::format("frame {}: {:.6f} now, {:.6f} in the event", *event.peak_frame,
                                         *replay.peak, event.peak_score);
  if (!replay.agrees_with(event)) {
    throw Error(ErrorKind::failed,
                fmt::format("the peak differs by more than {}: {}", EventReplay::kTolerance, scores));
  }
  fmt::print("the peak is the same: {}\n", scores);
}

}  // namespace

void add_replay_command(Command program) {
  const auto arguments = std::make_shared<ReplayArguments>();
  ReplayOptions& options = arguments->options;
  const Command command =
      program.add_subcommand("replay", "Answers the frames of an event again, on its clip");
  command
      .add_option("event", arguments->event,
                  "file with one event (JSON), or with --state or --events the event's id")
      .required();
  const CommandOption state = command.add_option("--state", arguments->state, "state directory of a node");
  command.add_option("--events", arguments->events, "events of a run or node: JSON Lines").excludes(state);
  command.add_option("--base", options.base, "prepared base").required();
  command.add_option("--app", options.app, "the app's M-Package").required();
  command.add_option("--source", options.source, "clip on which the event was found").required();
  command.add_option("--stream-fps", options.input.fps, "rate of the clip (default: as it states)");
  command.add_option("--threads", options.threads, "threads of the engine, as the run or node had")
      .show_default()
      .within(1, 4096);
  command.footer(
      "Exit code 1 if the event's peak comes out otherwise.\n"
      "Example: mainstream replay gate-17 --events events.jsonl --base base.onnx --app crossing.mpkg \\\n"
      "           --source clip.avi");
  command.callback([arguments] { replay(*arguments); });
}

}  // namespace mainstream
