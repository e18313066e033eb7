// Checks all that a configuration names (files, packages, sources) and finds a schedule, without starting
// anything: `mainstream node CONFIG.toml check`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mainstream/planning.hpp"
#include "node/config.hpp"

namespace mainstream {

// What a node would run.
struct NodeForecast {
  struct App {
    std::string name, stream;
    std::filesystem::path base;
  };
  Mix mix;                // the enabled apps on their streams
  std::vector<App> apps;  // of the mix, in its order
  MixPlan plan;
  double budget = 0;  // core-milliseconds per second
  std::vector<std::filesystem::path>
      guessed;  // bases whose costs are estimates: never measured on this machine
};

struct ConfigCheck {
  std::vector<ConfigFault> faults;       // what keeps the node from running
  std::vector<std::string> notes;        // what was assumed
  std::vector<std::string> app_names;    // of config.apps: their own or their packages'
  std::optional<NodeForecast> forecast;  // nothing with faults, or where no app is enabled
};

// Reads bases and packages, verifies and tries the packages, looks for files, and schedules with the costs
// that are cached, or with estimates. Opens no camera and no connection. `config` has no faults.
[[nodiscard]] ConfigCheck check_config(const NodeConfig& config);

struct CheckedConfig {
  NodeConfig config;  // to be used if the check found no faults
  ConfigCheck check;  // with the faults of reading
};
// Reads and checks a text; relative paths begin at `folder`.
[[nodiscard]] CheckedConfig check_config_text(std::string_view text, const std::filesystem::path& folder);

}  // namespace mainstream
