// mainstream schedule: the best schedule for a problem, or for packages on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "app_limits.hpp"
#include "budget_option.hpp"
#include "candidates_option.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/progress.hpp"
#include "mainstream/error.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/problem_json.hpp"
#include "mainstream/scheduler.hpp"
#include "parse_number.hpp"
#include "schedule_report.hpp"

namespace mainstream {
namespace {

std::pair<int, int> parse_size(const std::string& text) {
  const std::size_t times = text.find('x');
  if (times != std::string::npos) {
    const auto width = parse_number<int>(std::string_view(text).substr(0, times));
    const auto height = parse_number<int>(std::string_view(text).substr(times + 1));
    if (width && height && *width >= 1 && *height >= 1 && *width <= 16384 && *height <= 16384) {
      return {*width, *height};
    }
  }
  throw Error(ErrorKind::usage,
              fmt::format("--stream-size '{}': expected WIDTHxHEIGHT, each 1 to 16384, like 1280x720", text));
}

struct ScheduleArguments {
  std::filesystem::path problem, base, add, output;
  std::vector<std::filesystem::path> packages;
  std::vector<std::string> limits;
  double stream_fps = 14, time_limit_s = 1;
  std::string candidates = "all", stream_size = "1280x720", budget = "auto", algorithm = "auto",
              objective = "mean", sweep;
  int threads = 0;
  bool json = false, explain = false;
};

// The default picture size, that of a common camera.
Mix mix_of(const ScheduleArguments& arguments) {
  std::vector<std::filesystem::path> packages = arguments.packages;
  if (!arguments.add.empty()) packages.push_back(arguments.add);
  const auto [width, height] = parse_size(arguments.stream_size);
  return read_mix(arguments.base, packages, "stream", arguments.stream_fps, width, height,
                  parse_candidates(arguments.candidates));
}

Problem problem_of_packages(const ScheduleArguments& arguments) {
  const Mix mix = mix_of(arguments);
  const Engine engine({engine_threads(arguments.threads, mix)});
  const double all = 1000 * engine.threads();  // core-milliseconds per second
  return make_problem(
      mix, known_costs(engine, mix), all,
      arguments.algorithm == "apart" || arguments.algorithm == "no-sharing" ? Mode::apart : Mode::mainstream);
}

Problem problem_of(const ScheduleArguments& arguments) {
  if (arguments.problem.empty() == (arguments.base.empty() || arguments.packages.empty())) {
    throw Error(ErrorKind::usage, "give either --problem, or --base and --packages");
  }
  if (!arguments.problem.empty() && !arguments.add.empty()) {
    throw Error(ErrorKind::usage, "--add asks about packages: it needs --base and --packages");
  }
  const std::optional<double> budget = parse_budget(arguments.budget);
  Problem problem =
      arguments.problem.empty() ? problem_of_packages(arguments) : read_problem(arguments.problem);
  if (budget) problem.budget = *budget;
  validate(problem);
  for (const std::string& limit : arguments.limits) apply_limit(limit, problem);
  return problem;
}

SolveOptions make_options(const ScheduleArguments& arguments) {
  SolveOptions options;
  const auto algorithm = algorithm_from(arguments.algorithm);
  const auto objective = objective_from(arguments.objective);
  if (!algorithm) {
    throw Error(ErrorKind::usage, fmt::format("--algorithm '{}': expected one of: auto, optimal, fast, "
                                              "greedy, fixed, max-sharing, apart, no-sharing",
                                              arguments.algorithm));
  }
  if (!objective) {
    throw Error(ErrorKind::usage,
                fmt::format("--objective '{}': expected mean or max-min", arguments.objective));
  }
  options.algorithm = *algorithm;
  options.objective = *objective;
  return options;
}

void run_sweep(const ScheduleArguments& arguments, const Problem& problem, const SolveOptions& plain) {
  if (arguments.sweep != "budget" && arguments.sweep != "apps") {
    throw Error(ErrorKind::usage, fmt::format("--sweep '{}': expected budget or apps", arguments.sweep));
  }
  const OptionsFor options = [&](Algorithm algorithm) {
    SolveOptions own = plain;
    own.algorithm = algorithm;
    own.stop = stop_after(std::chrono::duration<double>(arguments.time_limit_s));
    return own;
  };
  std::optional<Progress> progress;
  const auto report = [&](std::size_t done, std::size_t all) {
    if (!progress) progress.emplace("sweep over " + arguments.sweep, all);
    progress->update(done);
  };
  const auto points = arguments.sweep == "budget" ? sweep_budget(problem, options, report)
                                                  : sweep_apps(problem, options, report);
  progress.reset();
  if (std::ranges::none_of(points, [](const SweepPoint& point) { return point.schedule.feasible; })) {
    throw Error(ErrorKind::infeasible, points.back().schedule.reason);
  }
  const std::string svg = sweep_plot(points, arguments.sweep, plain.objective);
  const std::filesystem::path output = arguments.output.empty() ? "sweep" : arguments.output;
  const std::string csv_path = output.string() + ".csv", svg_path = output.string() + ".svg";
  write_file(csv_path, sweep_csv(points, arguments.sweep));
  write_file(svg_path, svg);
  fmt::print("{} and {}: {} schedules\n", csv_path, svg_path, points.size());
}

void run_admission(const ScheduleArguments& arguments, const Problem& problem, SolveOptions options) {
  options.stop = stop_after(std::chrono::duration<double>(2 * arguments.time_limit_s));  // for two schedules
  const Admission admission = admit(problem, options);
  if (arguments.json) fmt::print("{}", to_json(admission, problem));
  if (!admission.reason.empty()) throw Error(ErrorKind::infeasible, admission.reason);
  if (arguments.json) return;
  fmt::print("{} fits\n{}", problem.apps.back().id, admission_table(problem, admission));
}

void run(const ScheduleArguments& arguments) {
  SolveOptions options = make_options(arguments);
  const Problem problem = problem_of(arguments);
  if (!arguments.sweep.empty()) return run_sweep(arguments, problem, options);
  if (!arguments.add.empty()) return run_admission(arguments, problem, options);
  options.stop = stop_after(std::chrono::duration<double>(arguments.time_limit_s));
  Schedule schedule = solve(problem, options);
  if (arguments.problem.empty() && schedule.feasible)
    schedule = spend_rest(problem, schedule);  // as a run does
  if (arguments.json) fmt::print("{}", to_json(schedule, problem));
  if (!schedule.feasible) throw Error(ErrorKind::infeasible, schedule.reason);
  if (arguments.json) return;
  fmt::print("{}", schedule_table(problem, schedule));
  if (!arguments.explain) return;
  fmt::print("\n{}\n", schedule_tree(problem, schedule));
  SolveOptions again = options;
  again.stop = stop_after(std::chrono::duration<double>(arguments.time_limit_s));
  fmt::print("{}", steps_text(problem, schedule, next_steps(problem, schedule, again)));
}

void add_problem_options(Command command, ScheduleArguments& arguments) {
  command.add_option("--problem", arguments.problem, "A scheduling problem (JSON)");
  command.add_option("--base", arguments.base, "A prepared base; its layers are measured on this machine");
  command.add_option("--packages", arguments.packages, "M-Packages for it");
  command
      .add_option("--candidates", arguments.candidates,
                  "exits, tails or all: what the packages' apps may run")
      .show_default();
  command.add_option("--stream-fps", arguments.stream_fps, "The camera's frames per second")
      .positive()
      .show_default();
  command.add_option("--stream-size", arguments.stream_size, "WIDTHxHEIGHT of its pictures, which are scaled")
      .show_default();
  command
      .add_option("--budget", arguments.budget,
                  "Cost per second, for packages in milliseconds; auto: the problem's own, 1000 for packages")
      .show_default();
  command
      .add_option(
          "--limit", arguments.limits,
          "APP:FIELD=VALUE[,FIELD=VALUE..], fields min_fps, max_fps, min_f1, fixed_fps, fixed_frozen, "
          "fixed_candidate, weight; may be repeated")
      .one_value_each();
  command
      .add_option("--threads", arguments.threads,
                  "Threads of the engine that is measured; 0: as `mainstream run` takes on this machine")
      .show_default();
}

}  // namespace

void add_schedule_command(Command program) {
  const Command command =
      program.add_subcommand("schedule", "Picks a candidate and a frame rate for each app of a mix");
  const auto arguments = std::make_shared<ScheduleArguments>();
  add_problem_options(command, *arguments);
  command
      .add_option("--algorithm", arguments->algorithm,
                  "auto, optimal, fast, greedy, fixed, max-sharing, apart, no-sharing")
      .show_default();
  command.add_option("--objective", arguments->objective, "mean or max-min").show_default();
  command
      .add_option("--time-limit", arguments->time_limit_s,
                  "Seconds after which the search ends with the best schedule so far")
      .positive()
      .show_default();
  const CommandOption add = command.add_option(
      "--add", arguments->add, "An M-Package: tells whether it fits too, and what the others would lose");
  const CommandOption explain = command.add_flag(
      "--explain", arguments->explain, "Tell why no app gets more, and which apps share which layers");
  const CommandOption sweep =
      command.add_option("--sweep", arguments->sweep,
                         "budget or apps: F1 of all algorithms over it, as OUTPUT.csv and OUTPUT.svg");
  command
      .add_option("-o,--output", arguments->output,
                  "Name of the sweep's files, without extension (default: sweep)")
      .needs(sweep);
  const CommandOption json = command.add_flag("--json", arguments->json, "Print JSON");
  explain.excludes(add).excludes(json);
  sweep.excludes(add).excludes(explain).excludes(json);
  command.footer(
      "Examples:\n"
      "  mainstream schedule --base base.onnx --packages crossing.mpkg crowd.mpkg --stream-fps 10 --budget "
      "50\n"
      "  mainstream schedule --base base.onnx --packages crossing.mpkg --add crowd.mpkg --budget 20 \\\n"
      "      --limit crossing:min_f1=0.8,min_fps=2\n"
      "  mainstream schedule --problem mix.json --explain\n"
      "  mainstream schedule --problem mix.json --sweep budget -o mix");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
