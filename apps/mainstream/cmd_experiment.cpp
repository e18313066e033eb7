// mainstream experiment: measures what schedules and packages are worth, beside baselines.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "eval/plot.hpp"
#include "experiment_command.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

// The command line of this process, with the program's name alone.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text.erase(text.find_last_not_of('\0') + 1);
  const auto slash = text.substr(0, text.find('\0')).rfind('/');
  if (slash != std::string::npos) text.erase(0, slash + 1);
  std::ranges::replace(text, '\0', ' ');
  return text;
}

// All options but those that say where results go.
ExperimentSetup setup_of(Command command, std::filesystem::path output, bool quick) {
  ExperimentSetup setup{.name = command.name(), .output = std::move(output), .command = command_line()};
  setup.quick = quick;
  setup.stop = stop_on_signal();
  if (setup.output.empty())
    setup.output = std::filesystem::path("out/experiments") / (setup.name + (quick ? "-quick" : ""));
  for (auto& [name, value] : command.values()) {
    if (name != "help" && name != "output") setup.options.emplace_back(std::move(name), std::move(value));
  }
  return setup;
}

void show(const ExperimentFiles& files) {
  fmt::print("{}\nReport: {}\nFigures: {}\nAll results: {}\n", read_file(files.markdown), files.html.string(),
             files.csv.string(), files.json.string());
}

}  // namespace

Command add_experiment(Command group, const std::string& name, const std::string& what,
                       std::function<ExperimentFiles(const ExperimentSetup&)> run) {
  struct Arguments {
    std::filesystem::path output;
    bool quick = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  const Command command = group.add_subcommand(name, what);
  command.add_flag("--quick", arguments->quick, "A small part of it");
  command.add_option("-o,--output", arguments->output,
                     "Folder for the results (default: out/experiments/" + name + "; with --quick -quick)");
  command.callback([command, arguments, run = std::move(run)] {
    require_gnuplot();
    show(run(setup_of(command, arguments->output, arguments->quick)));
  });
  return command;
}

ExperimentSetup with_trainer(ExperimentSetup setup) {
  setup.options.emplace_back("trainer", trainer_sha256().substr(0, 16));
  return setup;
}

void add_experiment_command(Command program) {
  const Command group = program.add_subcommand(
      "experiment", "Measures what schedules and packages are worth, beside baselines");
  group.require_subcommand();
  group.footer("Run the same command again to go on after an interruption.");
  add_clip_experiments(group);
  add_published_experiment(group);
  add_stream_experiments(group);
  add_base_experiments(group);
}

}  // namespace mainstream
