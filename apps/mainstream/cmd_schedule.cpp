// mainstream schedule: the best schedule for a problem, or for packages on this machine.
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "commands.hpp"
#include "mainstream/error.hpp"
#include "mainstream/problem_json.hpp"
#include "mainstream/profile.hpp"
#include "mainstream/scheduler.hpp"
#include "run/package_problem.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct ScheduleArguments {
  std::filesystem::path problem, base;
  std::vector<std::filesystem::path> packages;
  double stream_fps = 14, time_limit_s = 1;
  double budget = 0;  // 0: the problem's own, or the whole machine
  std::string algorithm = "auto", objective = "mean";
  int threads = 0;
  bool json = false;
};

Problem make_problem(const ScheduleArguments& arguments) {
  if (arguments.problem.empty() == (arguments.base.empty() || arguments.packages.empty())) {
    throw Error(ErrorKind::usage, "give either --problem, or --base and --packages");
  }
  if (!arguments.problem.empty()) {
    Problem problem = read_problem(arguments.problem);
    if (arguments.budget > 0) problem.budget = arguments.budget;
    return problem;
  }
  const Base base = read_base(arguments.base);
  std::vector<MPackage> packages;
  for (const auto& path : arguments.packages) {
    packages.push_back(MPackage::open(path));
    packages.back().verify(base);
  }
  const Engine engine({arguments.threads});
  constexpr double kWholeMachine = 1000;  // milliseconds per second
  return problem_from_packages(engine, base, cached_profile(engine, base), packages, arguments.stream_fps,
                               arguments.budget > 0 ? arguments.budget : kWholeMachine);
}

void print_table(const Schedule& schedule) {
  TextTable table("lrrrrrr", {"app", "frozen", "fps", "F1", "recall", "precision", "own cost"});
  const auto shown = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.3f}", *value) : "";
  };
  for (const Schedule::App& app : schedule.apps) {
    table.add({app.id, std::to_string(app.choice.frozen), fmt::format("{:.4g}", app.choice.fps),
               shown(app.f1), shown(app.recall), shown(app.precision), fmt::format("{:.4g}", app.own_cost)});
  }
  fmt::print("{}", table.text());
  for (const Schedule::Segment& segment : schedule.shared) {
    fmt::print("shared: layers {} to {} at {:.4g} fps, cost {:.4g}\n", segment.first_layer + 1,
               segment.end_layer, segment.fps, segment.cost);
  }
  fmt::print("mean F1 {:.4f}, worst {:.4f}; cost {:.4g} of {:.4g} per second", schedule.mean_f1,
             schedule.min_f1, schedule.cost, schedule.budget);
  if (schedule.proven) {
    fmt::print("; proven optimal\n");
  } else if (schedule.bound) {
    fmt::print("; no schedule can be better than {:.4f}\n", *schedule.bound);
  } else {
    fmt::print("\n");
  }
}

void run(const ScheduleArguments& arguments) {
  SolveOptions options;
  const auto algorithm = algorithm_from(arguments.algorithm);
  const auto objective = objective_from(arguments.objective);
  if (!algorithm) {
    throw Error(
        ErrorKind::usage,
        fmt::format(
            "--algorithm '{}': known are auto, optimal, fast, greedy, fixed, max-sharing and no-sharing",
            arguments.algorithm));
  }
  if (!objective) {
    throw Error(ErrorKind::usage,
                fmt::format("--objective '{}': known are mean and max-min", arguments.objective));
  }
  options.algorithm = *algorithm;
  options.objective = *objective;
  const Problem problem = make_problem(arguments);
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::duration<double>(arguments.time_limit_s);
  options.stop = [deadline] { return std::chrono::steady_clock::now() > deadline; };
  const Schedule schedule = solve(problem, options);
  if (arguments.json) fmt::print("{}\n", to_json(schedule, problem));
  if (!schedule.feasible) throw Error(ErrorKind::infeasible, schedule.reason);
  if (!arguments.json) print_table(schedule);
}

}  // namespace

void add_schedule_command(CLI::App& program) {
  auto* command =
      program.add_subcommand("schedule", "Picks a branchpoint and a frame rate for each app of a mix");
  const auto arguments = std::make_shared<ScheduleArguments>();
  command->add_option("--problem", arguments->problem, "A scheduling problem (JSON)");
  command->add_option("--base", arguments->base, "A prepared base; its layers are measured on this machine");
  command->add_option("--packages", arguments->packages, "M-Packages for it");
  command->add_option("--stream-fps", arguments->stream_fps, "Frames per second that the camera gives")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option(
          "--budget", arguments->budget,
          "Cost per second, for packages in milliseconds (default: the problem's own; 1000 for packages)")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--algorithm", arguments->algorithm,
                   "auto, optimal, fast, greedy, fixed, max-sharing, no-sharing")
      ->capture_default_str();
  command->add_option("--objective", arguments->objective, "mean or max-min")->capture_default_str();
  command
      ->add_option("--time-limit", arguments->time_limit_s,
                   "Seconds after which the search ends with what it has")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--threads", arguments->threads,
                   "Of the engine that is measured; 0: as many as may be used")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "The schedule as JSON");
  command->footer(
      "Example:\n  mainstream schedule --base base.onnx --packages crossing.mpkg crowd.mpkg --stream-fps 10 "
      "--budget 50");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
