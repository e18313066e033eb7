// mainstream fleet: tells many nodes what to run, and how they are (docs/fleet.md).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "core/json.hpp"
#include "core/progress.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "fleet/control.hpp"
#include "fleet/fleet_file.hpp"
#include "mainstream/error.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

using Nodes = std::map<std::string, NodeView>;
// By node.
using Versions = std::map<std::string, std::int64_t>;

constexpr auto kBrokerPatience = std::chrono::seconds(20);
constexpr auto kBetweenFleetLooks = std::chrono::milliseconds(200);

struct FleetArguments {
  std::filesystem::path file;
  double wait_s = 120;
  bool json = false;
};

[[noreturn]] void refuse_file(const std::filesystem::path& file, std::size_t mistakes) {
  throw Error(ErrorKind::usage,
              fmt::format("{}: {} to correct", clean(file.string()), counted(mistakes, "mistake")));
}

Fleet checked_fleet(const std::filesystem::path& file) {
  FleetReading reading = read_fleet(file);
  for (const ConfigFault& fault : reading.faults)
    say(clean(message(file.string(), fault), kMostMessage) + "\n");
  if (!reading.faults.empty()) refuse_file(file, reading.faults.size());
  return std::move(reading.fleet);
}

std::vector<DesiredState> checked_states(const std::filesystem::path& file, const Fleet& fleet) {
  FleetStates made = make_states(fleet);
  for (const std::string& fault : made.faults) say(clean(fault, kMostMessage) + "\n");
  if (!made.faults.empty()) refuse_file(file, made.faults.size());
  return std::move(made.states);
}

// ---- What people see of a node ----

std::string progress_text(const NodeView& node) {
  if (!node.report) return node.unreadable.empty() ? "never reported" : "unreadable";
  if (node.report->progress == NodeReport::Progress::own) return "its own file";
  if (node.report->progress == NodeReport::Progress::fetching)
    return fmt::format("fetching, {:.0f} %", 100 * node.report->fetched);
  return to_string(node.report->progress);
}

std::string age_text(const NodeReport& report) {
  const double seconds = std::chrono::duration<double>(wall_now() - report.time).count();
  return fmt::format("{:.0f} s ago{}", std::max(0.0, seconds),
                     is_silent(report, wall_now()) ? ", silent" : "");
}

std::string note_of(const NodeView& node) {
  if (!node.unreadable.empty()) return node.unreadable;
  if (!node.report) return {};
  std::string note = node.report->why;
  for (const std::string& trouble : node.report->troubles) note += (note.empty() ? "" : "; ") + trouble;
  return note;
}

std::string fleet_table(const Fleet& fleet, const Nodes& nodes) {
  TextTable table("lllrrrrrlll", {"node", "online", "state", "version", "given", "streams", "apps", "events",
                                  "program", "reported", "note"});
  for (const FleetNode& one : fleet.nodes) {
    const auto found = nodes.find(one.name);
    const NodeView node = found == nodes.end() ? NodeView() : found->second;
    std::vector<std::string> row{one.name, node.online ? "yes" : "no", progress_text(node)};
    const std::string given = node.desired ? std::to_string(node.desired->version) : "";
    if (node.report) {
      const NodeReport& report = *node.report;
      row.insert(row.end(), {std::to_string(report.version), given,
                             fmt::format("{}/{}", report.streams_up, report.streams),
                             fmt::format("{}/{}", report.apps_running, report.apps),
                             std::to_string(report.events), report.program, age_text(report)});
    } else {
      row.insert(row.end(), {"", given, "", "", "", "", ""});
    }
    row.push_back(note_of(node));
    table.add(std::move(row));
  }
  return table.text();
}

// Each node's report as it came, with what the broker knows.
std::string fleet_json(const Fleet& fleet, const Nodes& nodes) {
  Json list = Json::array();
  for (const FleetNode& one : fleet.nodes) {
    const auto found = nodes.find(one.name);
    const NodeView node = found == nodes.end() ? NodeView() : found->second;
    list.push_back({{"node", one.name},
                    {"online", node.online},
                    {"silent", !node.report || is_silent(*node.report, wall_now())},
                    {"given", node.desired ? Json(node.desired->version) : Json()},
                    {"report", node.report ? parse_json(to_json(*node.report), "report") : Json()}});
  }
  return json_text(list);
}

// ---- Commands ----

std::size_t count_of(const Nodes& nodes, const Versions& versions, Outcome outcome) {
  return static_cast<std::size_t>(std::ranges::count_if(versions, [&](const auto& given) {
    return outcome_of(nodes.at(given.first), given.second) == outcome;
  }));
}

// Until each node has taken or refused its state, or the time is over.
void watch(const FleetControl& control, const Versions& versions, double wait_s,
           const std::stop_token& stop) {
  Progress progress("nodes", versions.size());
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(wait_s);
  while (!stop.stop_requested()) {
    const Nodes nodes = control.nodes();
    const std::size_t refused = count_of(nodes, versions, Outcome::refused);
    const std::size_t done = count_of(nodes, versions, Outcome::applied) + refused;
    progress.update(done, refused == 0 ? "" : fmt::format("{} refused", refused));
    if (done == versions.size() || std::chrono::steady_clock::now() >= end) return;
    std::this_thread::sleep_for(kBetweenFleetLooks);
  }
}

void apply(const FleetArguments& arguments) {
  const std::stop_token stop = stop_on_signal();
  const Fleet fleet = checked_fleet(arguments.file);
  std::vector<DesiredState> states = checked_states(arguments.file, fleet);
  FleetControl control(broker_of(fleet.broker), kBrokerPatience);
  const Nodes before = control.nodes();
  Versions versions;
  std::size_t unchanged = 0;
  for (std::size_t i = 0; i < fleet.nodes.size(); ++i) {
    const std::string& name = fleet.nodes[i].name;
    versions[name] = control.give(name, std::move(states[i]));
    const auto known = before.find(name);
    if (known != before.end() && known->second.desired && known->second.desired->version == versions[name])
      ++unchanged;
  }
  inform(fmt::format("{} nodes: {} get another state, {} have it already\n", versions.size(),
                     versions.size() - unchanged, unchanged));
  watch(control, versions, arguments.wait_s, stop);
  const Nodes nodes = control.nodes();
  fmt::print("{}", arguments.json ? fleet_json(fleet, nodes) + "\n" : fleet_table(fleet, nodes));
  const std::size_t applied = count_of(nodes, versions, Outcome::applied);
  if (applied == versions.size()) return;
  throw Error(ErrorKind::failed, fmt::format("{} of {} nodes run what they shall; {} refused it", applied,
                                             versions.size(), count_of(nodes, versions, Outcome::refused)));
}

bool runs_what_it_shall(const Nodes& nodes, const FleetNode& one) {
  const auto found = nodes.find(one.name);
  if (found == nodes.end() || !found->second.desired || !found->second.report) return false;
  const NodeView& node = found->second;
  return node.online && !is_silent(*node.report, wall_now()) &&
         outcome_of(node, node.desired->version) == Outcome::applied;
}

void status(const FleetArguments& arguments) {
  const Fleet fleet = checked_fleet(arguments.file);
  const FleetControl control(broker_of(fleet.broker), kBrokerPatience);
  const Nodes nodes = control.nodes();
  fmt::print("{}", arguments.json ? fleet_json(fleet, nodes) + "\n" : fleet_table(fleet, nodes));
  const auto well = std::ranges::count_if(
      fleet.nodes, [&](const FleetNode& one) { return runs_what_it_shall(nodes, one); });
  if (well == std::ssize(fleet.nodes)) return;
  throw Error(ErrorKind::failed, fmt::format("{} of {} nodes are online and run what they were given", well,
                                             fleet.nodes.size()));
}

}  // namespace

void add_fleet_command(Command program) {
  const Command command =
      program.add_subcommand("fleet", "Tells many nodes over MQTT what to run, and how they are");
  command.require_subcommand();
  const auto arguments = std::make_shared<FleetArguments>();
  const auto add = [&](const char* name, const char* help) {
    const Command one = command.add_subcommand(name, help);
    one.add_option("FLEET", arguments->file, "Nodes, broker and packages (TOML, docs/fleet.md)").required();
    one.add_flag("--json", arguments->json, "Print JSON");
    return one;
  };
  const Command applying = add("apply", "Gives each node its state, and waits until all run it");
  applying
      .add_option("--wait", arguments->wait_s,
                  "Seconds to wait for the nodes; 0: they are given it, and not waited for")
      .within(0.0, 1e6)
      .show_default();
  applying.callback([arguments] { apply(*arguments); });
  add("status", "How the nodes are, and whether they run what they were given").callback([arguments] {
    status(*arguments);
  });
  command.footer("Example: mainstream fleet apply fleet.toml");
}

}  // namespace mainstream
