// The configuration of a node that belongs to a fleet: its own file, and in place of that file's streams,
// apps and limits what the fleet wants. The state that was in force last is kept in the state directory, so a
// node that starts without a broker runs it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fleet/messages.hpp"
#include "node/config_check.hpp"

namespace mainstream {

// Names of what a fleet leaves in a state directory.
[[nodiscard]] std::filesystem::path kept_state_in(const std::filesystem::path& directory);
[[nodiscard]] std::filesystem::path fleet_packages_in(const std::filesystem::path& directory);

// A mistake in a state is in the configuration's faults, with its place in the state's TOML.
[[nodiscard]] CheckedConfig read_with(const std::filesystem::path& path, const DesiredState& state);

struct NodeReading {
  CheckedConfig checked;
  std::optional<DesiredState> state;  // in it
  std::string why_not;  // why the state that is kept is not in it; empty: it is, or there is none
};

// The file, and the state that is kept if the file has [fleet]. Throws as read_config.
[[nodiscard]] NodeReading read_node(const std::filesystem::path& path);

// For the next start. Throws storage.
void keep_state(const std::filesystem::path& directory, const DesiredState& state);

}  // namespace mainstream
