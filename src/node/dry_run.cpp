// NodeControl::dry_run: makes the configuration that is asked about, and asks the node.
#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/control.hpp"

namespace mainstream {
namespace {

constexpr double kMostBudget = 1e6, kMostCores = 1024;

// A configuration that is changed app by app, without a look at the files that it names.
struct ImaginedConfig {
  std::filesystem::path folder;
  std::string text;
  NodeConfig config;
  std::vector<std::string> names;  // of its apps

  [[nodiscard]] std::size_t index_of(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  }
  // Without a table, the app goes. Gives what is wrong with it, or nothing.
  [[nodiscard]] std::string put(const std::string& name, const std::string& table) {
    const std::size_t app = index_of(name);
    const bool is_there = app < names.size();
    if (!is_there && table.empty()) return "there is no app " + in_quotes(name);
    text = with_table(text, config, is_there ? config.apps[app].at.line : 0, table);
    ConfigReading reading = parse_config(text, folder);
    if (!reading.faults.empty()) return message("config", reading.faults.front());
    config = std::move(reading.config);
    if (!is_there) names.push_back(name);
    if (table.empty()) names.erase(names.begin() + static_cast<std::ptrdiff_t>(app));
    if (names.size() == config.apps.size()) return {};
    return "the apps of the configuration are written in a form that cannot be changed one by one";
  }
};

std::string name_in(const JsonField& field) {
  std::string name = field.text();
  if (const std::string fault = name_fault(name); !fault.empty()) field.fail(fault);
  return name;
}

// What is wrong with the apps that are to come and go, or nothing. Those that come are first: there must be
// one.
std::string change_apps(
    const JsonField& wanted, ImaginedConfig& imagined,
    const std::function<std::string(const std::string& name, const JsonField& keys)>& table_of) {
  if (const auto add = wanted.find("add")) {
    for (std::size_t i = 0; i < add->size(); ++i) {
      const std::string name = name_in(add->at(i)["name"]);
      if (std::string fault = imagined.put(name, table_of(name, add->at(i))); !fault.empty()) return fault;
    }
  }
  if (const auto remove = wanted.find("remove")) {
    for (std::size_t i = 0; i < remove->size(); ++i)
      if (std::string fault = imagined.put(name_in(remove->at(i)), ""); !fault.empty()) return fault;
  }
  return {};
}

void change_limits(const JsonField& wanted, ImaginedConfig& imagined) {
  if (const auto budget = wanted.find("budget")) {
    const bool is_auto = budget->value().is_string() && budget->text() == "auto";
    imagined.config.schedule.budget =
        is_auto ? std::nullopt : std::optional(budget->number(1e-3, kMostBudget));
  }
  const auto limits = wanted.find("limits");
  if (!limits) return;
  limits->for_each([&](const std::string& name, const JsonField& limit) {
    const std::size_t index = imagined.index_of(name);
    if (index == imagined.names.size()) limit.fail("there is no such app");
    limit.allow_only({"min_fps", "weight"});
    AppConfig& app = imagined.config.apps[index];
    if (const auto fps = limit.find("min_fps")) app.min_fps = fps->number(1e-3, 1e3);
    if (const auto weight = limit.find("weight")) app.weight = weight->number(1e-3, 1e3);
  });
}

}  // namespace

NodeControl::DryRun NodeControl::dry_run(const JsonField& wanted) {
  DryRun result;
  const Turn turn(dry_running_);
  if (!turn) {
    result.refused = {Change::Outcome::busy, "another dry run is under way; try again", {}, {}};
    return result;
  }
  wanted.allow_only({"add", "remove", "budget", "cores", "limits"});
  std::optional<double> cores;
  if (const auto field = wanted.find("cores")) cores = field->number(0.1, kMostCores);
  const std::shared_ptr<const InForce> now = in_force();
  if (now->config.fleet && (wanted.find("add") || wanted.find("remove"))) {
    result.refused = {Change::Outcome::wrong, kOfFleet, {}, {}};
    return result;
  }
  ImaginedConfig imagined{file_.parent_path(), now->text, now->config, now->app_names};
  const auto table_of = [&](const std::string& name, const JsonField& keys) { return app_table(name, keys); };
  if (std::string fault = change_apps(wanted, imagined, table_of); !fault.empty()) {
    result.refused = {Change::Outcome::wrong, std::move(fault), {}, {}};
    return result;
  }
  change_limits(wanted, imagined);
  CheckedConfig checked{std::move(imagined.config), {}};
  checked.check.app_names = std::move(imagined.names);
  result.present = node_.state().node;
  try {
    result.outlook = node_.outlook(checked, cores);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::storage) throw;
    result.refused = {Change::Outcome::wrong, error.what(), {}, {}};
  }
  return result;
}

}  // namespace mainstream
