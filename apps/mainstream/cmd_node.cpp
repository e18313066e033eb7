// mainstream node: checks a node's configuration, and prints the reference of its keys.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "commands.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/config.hpp"
#include "node/config_check.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct NodeArguments {
  std::string config, action;
  bool reference = false;
};

// Prints all mistakes and throws if there are any, with the kind of the first; a wrong configuration comes
// before files that cannot be read.
void refuse_faults(const std::string& source, const std::vector<ConfigFault>& faults) {
  if (faults.empty()) return;
  for (const ConfigFault& fault : faults) say(clean(message(source, fault), kMostMessage) + "\n");
  const bool is_wrong = std::ranges::find(faults, ErrorKind::usage, &ConfigFault::kind) != faults.end();
  throw Error(is_wrong ? ErrorKind::usage : faults.front().kind,
              fmt::format("{}: {} to correct", source,
                          faults.size() == 1 ? "1 mistake" : fmt::format("{} mistakes", faults.size())));
}

void print_forecast(const NodeConfig& config, const NodeForecast& forecast) {
  TextTable table("lllrrrr", {"app", "stream", "candidate", "fps", "votes", "f1", "own ms/s"});
  const Schedule& schedule = forecast.plan.schedule;
  for (std::size_t a = 0; a < forecast.apps.size(); ++a) {
    const Setting& setting = forecast.plan.settings[a];
    table.add({forecast.apps[a].name, forecast.apps[a].stream, setting.candidate,
               fmt::format("{:.2f}", setting.fps), std::to_string(setting.votes),
               fmt::format("{:.3f}", schedule.apps[a].f1), fmt::format("{:.1f}", schedule.apps[a].own_cost)});
  }
  fmt::print("node {}: {} streams, {} apps on them, {} sinks\n{}", clean(config.node.name),
             config.streams.size(), forecast.apps.size(), config.sinks.size(), table.text());
  fmt::print("needs {:.1f} of {:.1f} ms/s; expected F1 {:.3f} on average, {:.3f} at worst\n", schedule.cost,
             forecast.budget, schedule.mean_f1, schedule.min_f1);
}

void check(const std::string& path) {
  const ConfigReading reading = read_config(path);
  refuse_faults(path, reading.faults);
  const ConfigCheck check = check_config(reading.config);
  refuse_faults(path, check.faults);
  for (const std::string& note : check.notes) inform("note: " + clean(note, kMostMessage) + "\n");
  for (const std::filesystem::path& base : check.forecast->guessed) {
    inform(fmt::format(
        "note: base {}: costs are guessed from its multiply-adds; the node measures at its start\n",
        clean(base.string())));
  }
  print_forecast(reading.config, *check.forecast);
}

void run(const NodeArguments& arguments) {
  if (arguments.reference) {
    fmt::print("{}", config_reference());
  } else if (arguments.config.empty()) {
    throw Error(ErrorKind::usage, "node: needs CONFIG, or --reference");
  } else if (arguments.action == "check") {
    check(arguments.config);
  } else {
    throw Error(ErrorKind::usage,
                fmt::format("node: expected the word check behind {}, got {}", clean(arguments.config),
                            arguments.action.empty() ? "nothing" : in_quotes(arguments.action)));
  }
}

}  // namespace

void add_node_command(CLI::App& program) {
  const auto arguments = std::make_shared<NodeArguments>();
  CLI::App* command =
      program.add_subcommand("node", "Checks the configuration of a node: many streams, one budget");
  command->add_option("CONFIG", arguments->config, "A configuration (TOML, docs/node.md)");
  command->add_option("ACTION", arguments->action,
                      "check: says what is wrong with it, or what would run; starts nothing");
  command->add_flag("--reference", arguments->reference, "Print all tables and keys as Markdown");
  command->footer("Example: mainstream node data/node.toml check");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
