// mainstream node: checks a configuration, runs a node, asks a running one, and prints the reference of keys.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "commands.hpp"
#include "core/log.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "fleet/agent.hpp"
#include "fleet/node_reading.hpp"
#include "mainstream/error.hpp"
#include "node/config.hpp"
#include "node/config_check.hpp"
#include "node/control.hpp"
#include "node/service.hpp"
#include "node/service_manager.hpp"
#include "node/status_socket.hpp"
#include "node_report.hpp"
#include "serve/server.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct NodeArguments {
  std::string config, action;
  bool reference = false, json = false;
};

constexpr auto kBetweenLooks = std::chrono::seconds(1);   // at the configuration's file
constexpr auto kBetweenLines = std::chrono::seconds(60);  // of the log

// Prints all mistakes and throws if there are any, with the kind of the first; a wrong configuration comes
// before files that cannot be read.
void refuse_faults(const std::string& source, const std::vector<ConfigFault>& faults) {
  if (faults.empty()) return;
  for (const ConfigFault& fault : faults) say(clean(message(source, fault), kMostMessage) + "\n");
  const bool is_wrong = std::ranges::find(faults, ErrorKind::usage, &ConfigFault::kind) != faults.end();
  throw Error(is_wrong ? ErrorKind::usage : faults.front().kind,
              fmt::format("{}: {} to correct", source, counted(faults.size(), "mistake")));
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
  fmt::print("node {}: {}, {}, {}\n{}", clean(config.node.name), counted(config.streams.size(), "stream"),
             counted(forecast.apps.size(), "app") + (config.streams.size() == 1 ? " on it" : " on them"),
             counted(config.sinks.size(), "sink"), table.text());
  fmt::print("needs {:.1f} of {:.1f} ms/s; expected F1 {:.3f} on average, {:.3f} at worst\n", schedule.cost,
             forecast.budget, schedule.mean_f1, schedule.min_f1);
}

// What this program can start, too: the API's library comes behind the node's.
NodeReading check_all(const ConfigText& text) {
  NodeReading reading = read_node(text.text, text.file.parent_path());
  CheckedConfig& checked = reading.checked;
  if (!checked.config.serve) return reading;
  try {
    check_serving(*checked.config.serve);
  } catch (const Error& error) {
    checked.check.faults.push_back({error.kind(), checked.config.serve->at, error.what()});
  }
  return reading;
}

void check(const std::string& path) {
  const ConfigText text = read_config_text(path);
  const NodeReading reading = check_all(text);
  const CheckedConfig& checked = reading.checked;
  refuse_faults(text.source.string(), checked.check.faults);
  if (text.source != text.file)
    inform("note: what was changed through the control API counts: " + clean(text.source.string()) + "\n");
  if (reading.state)
    inform(fmt::format("note: with version {} of the fleet's state\n", reading.state->version));
  if (!reading.why_not.empty())
    inform("note: without the fleet's state: " + clean(reading.why_not, kMostMessage) + "\n");
  for (const std::string& note : checked.check.notes) inform("note: " + clean(note, kMostMessage) + "\n");
  if (!checked.check.forecast) return;
  for (const std::filesystem::path& base : checked.check.forecast->guessed) {
    inform(fmt::format(
        "note: base {}: costs are guessed from its multiply-adds; the node measures at its start\n",
        clean(base.string())));
  }
  print_forecast(checked.config, *checked.check.forecast);
}

// ---- A running node ----

// What the command does beside the node: takes over a changed configuration, and tells how it goes.
class NodeOperation {
 public:
  NodeOperation(NodeControl& control, std::atomic<bool>& hung_up) : control_(control), hung_up_(hung_up) {}

  void join_fleet(const NodeConfig& config, const NodeReading& reading) {
    fleet_.emplace(config, reading, control_);
  }

  ~NodeOperation() {
    if (on_terminal() && !is_quiet()) say("\n");
  }

  void look() {
    notify_alive();
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < kBetweenLooks) return;
    looked_ = now;
    if (fleet_) fleet_->look();
    control_.look();
    // Whoever is changing something is waited for.
    if (hung_up_ && control_.reload().outcome != Change::Outcome::busy) hung_up_ = false;
    const std::string line = status_line(control_.node().state());
    notify_status(line);
    if (on_terminal() && !is_quiet()) {
      say("\r" + line.substr(0, terminal_columns() - 1) + "\033[K");
    } else if (now - logged_ >= kBetweenLines) {
      logged_ = now;
      module_log("node").info("{}", line);
    }
  }

 private:
  NodeControl& control_;
  std::atomic<bool>& hung_up_;
  std::chrono::steady_clock::time_point looked_{}, logged_{};
  std::optional<FleetAgent> fleet_;
};

// A node's plans, pictures and answers come and go for months in many threads. By default the allocator keeps
// freed blocks of up to 32 MB for the next, in as many pools as there are threads, up to eight per processor:
// memory grows for hours, to twice what is in use. Here large blocks go back to the system when they are
// freed, and few pools hold the small ones. docs/operations.md, "Memory", has what this was measured to do.
void give_freed_memory_back() {
  constexpr int kLarge = 128 << 10, kPools = 2;
  mallopt(M_MMAP_THRESHOLD, kLarge);  // given, it stays what it is
  mallopt(M_ARENA_MAX, kPools);
}

void run_node(const std::string& path) {
  give_freed_memory_back();
  static std::atomic<bool> hung_up = false;
  const std::stop_token stop = stop_on_signal([] { hung_up = true; });
  // Measuring and compiling cannot be interrupted; but before the node runs there is nothing to lose.
  std::optional<std::stop_callback<void (*)()>> while_starting(std::in_place, stop, [] {
    notify_stopping();
    std::_Exit(0);
  });
  ConfigText text = read_config_text(path);
  NodeReading reading = check_all(text);
  const std::string source = text.source.string();
  refuse_faults(source, reading.checked.check.faults);
  const NodeConfig config = reading.checked.config;
  set_log_level(config.node.log);
  set_log_format_json(config.node.json_log);
  NodeControl control(std::move(text), std::move(reading.checked), check_for(reading.state));
  if (!reading.why_not.empty()) {
    module_log("node").error("runs its own file, as the fleet's state cannot be used: {}", reading.why_not);
    control.node().refused(reading.why_not);
  }
  std::optional<ApiServer> api;
  if (config.serve) api.emplace(control, *config.serve);
  NodeOperation operation(control, hung_up);
  if (config.fleet) operation.join_fleet(config, reading);
  while_starting.reset();
  notify_ready();
  module_log("node").info("runs {}", source);
  const std::stop_callback stopping(stop, notify_stopping);
  control.node().run(stop, [&] { operation.look(); });
}

void status(const NodeArguments& arguments) {
  const ConfigReading reading = read_config(arguments.config);
  // A file with mistakes does not keep the node from running, so it does not keep anyone from asking.
  if (reading.config.node.bases.empty()) refuse_faults(arguments.config, reading.faults);
  const std::string answer = ask_node(reading.config.node.state);
  fmt::print("{}", arguments.json ? answer + "\n" : status_text(answer));
}

void run(const NodeArguments& arguments) {
  if (arguments.reference) {
    fmt::print("{}", config_reference());
  } else if (arguments.config.empty()) {
    throw Error(ErrorKind::usage, "node: needs CONFIG, or --reference");
  } else if (arguments.action.empty()) {
    run_node(arguments.config);
  } else if (arguments.action == "check") {
    check(arguments.config);
  } else if (arguments.action == "status") {
    status(arguments);
  } else {
    throw Error(ErrorKind::usage, fmt::format("node: expected check, status or nothing behind {}, got {}",
                                              clean(arguments.config), in_quotes(arguments.action)));
  }
}

}  // namespace

void add_node_command(Command program) {
  const auto arguments = std::make_shared<NodeArguments>();
  const Command command =
      program.add_subcommand("node", "Runs apps on many streams for a long time, with one budget");
  command.add_option("CONFIG", arguments->config, "A configuration (TOML, docs/node.md)");
  command.add_option("ACTION", arguments->action,
                     "check: says what is wrong with it, or what would run, and starts nothing; status: asks "
                     "the node that runs. Without it the node runs until Ctrl-C or SIGTERM");
  command.add_flag("--json", arguments->json, "status: print JSON");
  command.add_flag("--reference", arguments->reference, "Print all tables and keys as Markdown");
  command.footer("Example: mainstream node data/node.toml");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
