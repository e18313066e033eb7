// mainstream node: checks a configuration, runs a node, asks a running one, and prints the reference of keys.
#include <fmt/format.h>

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
#include "mainstream/error.hpp"
#include "node/config.hpp"
#include "node/config_check.hpp"
#include "node/service.hpp"
#include "node/service_manager.hpp"
#include "node/status_socket.hpp"
#include "node_report.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct NodeArguments {
  std::string config, action;
  bool reference = false, json = false;
};

constexpr auto kBetweenLooks = std::chrono::seconds(1);   // at the configuration's file
constexpr auto kBetweenLines = std::chrono::seconds(60);  // of the log

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

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

void check(const std::string& path) {
  const CheckedConfig checked = read_and_check(path);
  refuse_faults(path, checked.check.faults);
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

// Tells that a file is another one, or has other content.
struct FileStamp {
  std::filesystem::file_time_type time{};
  std::uintmax_t size = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::filesystem::path& path) {
  std::error_code missing;
  FileStamp stamp;
  stamp.time = std::filesystem::last_write_time(path, missing);
  stamp.size = std::filesystem::file_size(path, missing);
  return stamp;
}

// What the command does beside the node: takes over a changed configuration, and tells how it goes.
class NodeOperation {
 public:
  NodeOperation(std::string path, FileStamp read, NodeService& service, std::atomic<bool>& hung_up)
      : path_(std::move(path)), read_(read), service_(service), hung_up_(hung_up) {}
  ~NodeOperation() {
    if (on_terminal() && !is_quiet()) say("\n");
  }

  void look() {
    notify_alive();
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < kBetweenLooks) return;
    looked_ = now;
    if (const FileStamp stamp = stamp_of(path_); hung_up_.load() || stamp != read_) {
      read_ = stamp;
      hung_up_ = false;
      reload();
    }
    const std::string line = status_line(service_.state());
    notify_status(line);
    if (on_terminal() && !is_quiet()) {
      say("\r" + line.substr(0, terminal_columns() - 1) + "\033[K");
    } else if (now - logged_ >= kBetweenLines) {
      logged_ = now;
      module_log("node")->info("{}", line);
    }
  }

 private:
  // All of the new configuration, or nothing of it.
  void reload() {
    notify_reloading();
    const auto log = module_log("node");
    try {
      CheckedConfig checked = read_and_check(path_);
      for (const ConfigFault& fault : checked.check.faults) log->error("{}", message(path_, fault));
      if (!checked.check.faults.empty()) {
        log->error("{} is not taken over: {} to correct; the node goes on as it was", path_,
                   counted(checked.check.faults.size(), "mistake"));
        service_.refused(message(path_, checked.check.faults.front()));
      } else {
        service_.apply(std::move(checked));
        log->info("{} is in force", path_);
      }
    } catch (const Error& error) {
      log->error("{} is not taken over: {}; the node goes on as it was", path_, error.what());
      service_.refused(error.what());
    }
    notify_ready();
  }

  const std::string path_;
  FileStamp read_;
  NodeService& service_;
  std::atomic<bool>& hung_up_;
  std::chrono::steady_clock::time_point looked_{}, logged_{};
};

void run_node(const std::string& path) {
  static std::atomic<bool> hung_up = false;
  const std::stop_token stop = stop_on_signal([] { hung_up = true; });
  // Measuring and compiling cannot be interrupted; but before the node runs there is nothing to lose.
  std::optional<std::stop_callback<void (*)()>> while_starting(std::in_place, stop, [] {
    notify_stopping();
    std::_Exit(0);
  });
  const FileStamp stamp = stamp_of(path);
  CheckedConfig checked = read_and_check(path);
  refuse_faults(path, checked.check.faults);
  set_log_level(checked.config.node.log);
  set_log_format_json(checked.config.node.json_log);
  NodeService service(std::move(checked));
  NodeOperation operation(path, stamp, service, hung_up);
  while_starting.reset();
  notify_ready();
  module_log("node")->info("runs {}", path);
  const std::stop_callback stopping(stop, notify_stopping);
  service.run(stop, [&] { operation.look(); });
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

void add_node_command(CLI::App& program) {
  const auto arguments = std::make_shared<NodeArguments>();
  CLI::App* command =
      program.add_subcommand("node", "Runs apps on many streams for a long time, with one budget");
  command->add_option("CONFIG", arguments->config, "A configuration (TOML, docs/node.md)");
  command->add_option(
      "ACTION", arguments->action,
      "check: says what is wrong with it, or what would run, and starts nothing; status: asks "
      "the node that runs. Without it the node runs until Ctrl-C or SIGTERM");
  command->add_flag("--json", arguments->json, "status: print JSON");
  command->add_flag("--reference", arguments->reference, "Print all tables and keys as Markdown");
  command->footer("Example: mainstream node data/node.toml");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
