#include "fleet/node_reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/file.hpp"
#include "fleet/package_cache.hpp"
#include "mainstream/error.hpp"
#include "node/config.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

// Puts the files of packages in the place of their names.
void resolve_packages(const DesiredState& state, const fs::path& folder, ConfigReading& reading) {
  const fs::path packages = fleet_packages_in(reading.config.node.state);
  for (AppConfig& app : reading.config.apps) {
    const auto found = std::ranges::find_if(
        state.packages, [&](const DesiredPackage& package) { return folder / package.name == app.package; });
    if (found == state.packages.end()) {
      reading.faults.push_back({ErrorKind::usage, app.of("package"),
                                fmt::format("package: {} is none of the packages that the state brings",
                                            in_quotes(app.package.string()))});
      continue;
    }
    app.package = packages / package_file_name(found->sha256);
  }
}

CheckedConfig check_in_place(const NodeConfig& own, const fs::path& folder, const DesiredState& state) {
  ConfigReading reading = parse_wanted(state.config, folder, own);
  if (reading.faults.empty()) resolve_packages(state, folder, reading);
  CheckedConfig checked{std::move(reading.config), {}};
  if (reading.faults.empty()) {
    checked.check = check_config(checked.config);
  } else {
    checked.check.faults = std::move(reading.faults);
  }
  return checked;
}

}  // namespace

fs::path kept_state_in(const fs::path& directory) {
  return directory / "fleet" / "desired.json";
}

fs::path fleet_packages_in(const fs::path& directory) {
  return directory / "fleet" / "packages";
}

CheckedConfig check_with(const std::string& text, const fs::path& folder, const DesiredState& state) {
  ConfigReading own = parse_config(text, folder);
  if (!own.faults.empty()) {
    CheckedConfig wrong{std::move(own.config), {}};
    wrong.check.faults = std::move(own.faults);
    return wrong;
  }
  return check_in_place(own.config, folder, state);
}

NodeReading read_node(const std::string& text, const fs::path& folder) {
  const ConfigReading own = parse_config(text, folder);
  NodeReading reading;
  if (own.faults.empty() && own.config.fleet) {
    try {
      if (std::optional<DesiredState> kept = kept_state(own.config.node.state)) {
        reading.checked = check_in_place(own.config, folder, *kept);
        if (reading.checked.check.faults.empty()) {
          reading.state = std::move(kept);
          return reading;
        }
        reading.why_not = message(fmt::format("version {} of the fleet's state", kept->version),
                                  reading.checked.check.faults.front());
      }
    } catch (const Error& error) {
      reading.why_not = error.what();
    }
  }
  reading.checked = check_config_text(text, folder);
  return reading;
}

std::optional<DesiredState> kept_state(const fs::path& directory) {
  const fs::path path = kept_state_in(directory);
  std::error_code unknown;
  if (!fs::exists(path, unknown) && !unknown) return std::nullopt;
  return parse_desired(read_file(path, kMostDesiredBytes));
}

NodeControl::Check check_for(std::optional<DesiredState> state) {
  if (!state) return check_config_text;
  return [state = std::move(*state)](const std::string& text, const fs::path& folder) {
    return check_with(text, folder, state);
  };
}

void keep_state(const fs::path& directory, const DesiredState& state) {
  write_file(kept_state_in(directory), to_json(state));
}

}  // namespace mainstream
