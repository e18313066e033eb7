// mainstream run: runs apps on a camera or a clip.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>

#include "budget_option.hpp"
#include "candidates_option.hpp"
#include "commands.hpp"
#include "core/output.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "frame_range.hpp"
#include "mainstream/error.hpp"
#include "mainstream/runner.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct RunArguments {
  RunOptions options;
  std::string mode = "mainstream", pace = "live", algorithm = "auto", objective = "mean", budget = "auto";
  std::string frames, candidates = "all", transport = "auto";
  double source_timeout_s = 15;
};

template <typename Value>
Value known(const std::optional<Value>& value, const char* option, const std::string& given,
            const char* words) {
  if (value) return *value;
  throw Error(ErrorKind::usage, fmt::format("{} '{}': expected one of: {}", option, given, words));
}

std::optional<SourceOptions::Transport> transport_from(const std::string& name) {
  using Transport = SourceOptions::Transport;
  if (name == "auto") return Transport::automatic;
  if (name == "tcp") return Transport::tcp;
  if (name == "udp") return Transport::udp;
  return std::nullopt;
}

// Events are the command's output where no file is named; the lines of an earlier run are not lost by
// mistake.
void check_events(RunOptions& options) {
  if (!options.events) options.events = "/dev/stdout";
  std::error_code none;
  if (options.append_events || is_passage(*options.events)) return;
  if (const auto size = std::filesystem::file_size(*options.events, none); none || size == 0) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("--events: {} has lines already; name another file, or give --append to write behind them",
                  options.events->string()));
}

void print_summary(const RunReport& report) {
  TextTable table("lrrrrr", {"app", "target fps", "reached fps", "frames", "positive", "events"});
  for (const RunReport::App& app : report.apps) {
    table.add({app.name, fmt::format("{:.2f}", app.target_fps), fmt::format("{:.2f}", app.reached_fps),
               std::to_string(app.frames), std::to_string(app.positive), std::to_string(app.events)});
  }
  inform(table.text());
  inform(fmt::format(
      "{:.1f} s of {}: {} frames analysed, {} dropped, {} put off; busy {:.1f} ms/s; latency {:.1f} ms "
      "(p95 {:.1f})\n",
      report.stream_seconds, report.stream, report.frames_analysed, report.frames_dropped,
      report.frames_put_off, report.busy_ms_per_s, report.latency.median_ms, report.latency.p95_ms));
}

void run_apps(RunArguments& arguments) {
  RunOptions& options = arguments.options;
  options.mode = known(mode_from(arguments.mode), "--mode", arguments.mode,
                       "mainstream, fixed, max-sharing, apart, no-sharing");
  options.pace = known(pace_from(arguments.pace), "--pace", arguments.pace, "live, all");
  options.algorithm = known(algorithm_from(arguments.algorithm), "--algorithm", arguments.algorithm,
                            "auto, optimal, fast, greedy, fixed");
  options.objective =
      known(objective_from(arguments.objective), "--objective", arguments.objective, "mean, max-min");
  options.input.transport =
      known(transport_from(arguments.transport), "--transport", arguments.transport, "auto, tcp, udp");
  options.input.timeout = std::chrono::milliseconds(std::llround(1e3 * arguments.source_timeout_s));
  options.budget = parse_budget(arguments.budget);
  options.candidates = parse_candidates(arguments.candidates);
  if (!arguments.frames.empty()) options.frames = parse_frames(arguments.frames);
  check_events(options);
  options.show_progress = true;
  print_summary(run(options, stop_on_signal()));
}

void add_input_options(Command command, RunOptions& options, RunArguments& arguments) {
  command.add_option("--base", options.base, "prepared base (mainstream base prepare)").required();
  command.add_option("--app", options.apps, "M-Package of an app; may be repeated").required();
  command
      .add_option(
          "--source", options.source,
          "video file, url of a camera, device, folder of pictures, test:640x480@14, or - (standard input)")
      .required();
  command
      .add_option("--candidates", arguments.candidates,
                  "exits, tails or all: what the packages' apps may run")
      .show_default();
  command.add_option("--stream", options.stream, "name of the stream in events (default: from the source)");
  command.add_option("--stream-fps", options.stream_fps,
                     "rate at which a file is played, or that a camera has (default: as the source states)");
  command.add_option("--frames", arguments.frames, "FIRST..LAST, a part of a file");
  command.add_option("--duration", options.duration_s, "end after this many seconds of the stream");
}

void add_source_options(Command command, RunArguments& arguments) {
  SourceOptions& input = arguments.options.input;
  command
      .add_option("--transport", arguments.transport,
                  "of RTSP: tcp, udp, or auto: TCP where the camera has it")
      .show_default();
  command
      .add_option("--source-timeout", arguments.source_timeout_s,
                  "seconds without a picture after which a source counts as lost")
      .show_default()
      .within(0.001, 86400.0);
  command.add_option(
      "--credentials", input.credentials,
      "file of lines HOST[:PORT] USER PASSWORD (default: the file named by MAINSTREAM_CREDENTIALS)");
  command.add_option("--max-pixels", input.max_pixels, "largest picture, as width times height")
      .show_default();
  command.add_flag("--loop", input.loop, "begin a file or folder again at its end");
  command.add_flag("--hardware", input.hardware, "decode by VA-API where that works");
  command.add_flag("--skip-nonref", input.skip_nonref, "do not decode frames that no other needs");
}

void add_schedule_options(Command command, RunOptions& options, RunArguments& arguments) {
  command.add_option("--mode", arguments.mode, "mainstream, fixed, max-sharing, apart or no-sharing")
      .show_default();
  command.add_option("--pace", arguments.pace, "live, or all: every scheduled frame, as fast as possible")
      .show_default();
  command
      .add_option("--budget", arguments.budget,
                  "most busy milliseconds per second of stream; auto: what the machine has")
      .show_default();
  command
      .add_option("--algorithm", arguments.algorithm,
                  "how mode mainstream chooses: auto, optimal, fast, greedy, fixed")
      .show_default();
  command.add_option("--objective", arguments.objective, "mean or max-min").show_default();
  command.add_option("--schedule", options.schedule, "run this schedule (JSON) instead of solving for one");
  command
      .add_option("--threads", options.threads,
                  "threads of the engine; 0: what analyses most frames on this machine")
      .show_default()
      .within(0, 4096);
}

void add_output_options(Command command, RunOptions& options) {
  command.add_option("--events", options.events, "events as JSON Lines (default: on standard output)");
  command.add_flag("--append", options.append_events, "write behind the lines that the file of --events has");
  command.add_option("--frame-log", options.frame_log, "every score of every app, as CSV");
  command.add_option("--report", options.report, "report of the run, as JSON");
}

}  // namespace

void add_run_command(Command program) {
  const auto arguments = std::make_shared<RunArguments>();
  const Command command =
      program.add_subcommand("run", "Runs apps on a camera or a clip, sharing their stem");
  add_input_options(command, arguments->options, *arguments);
  add_source_options(command, *arguments);
  add_schedule_options(command, arguments->options, *arguments);
  add_output_options(command, arguments->options);
  command.footer(
      "Example: mainstream run --base base.onnx --app crossing.mpkg --app crowd.mpkg --source clip.avi \\\n"
      "           --budget 100 --events events.jsonl --report report.json");
  command.callback([arguments] { run_apps(*arguments); });
}

}  // namespace mainstream
