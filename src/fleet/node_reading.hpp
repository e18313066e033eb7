// The configuration of a node that belongs to a fleet: its own file, and in place of that file's streams,
// apps and limits what the fleet wants. The state that was in force last is kept in the state directory, so a
// node that starts without a broker runs it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "fleet/messages.hpp"
#include "node/control.hpp"

namespace mainstream {

// Names of what a fleet leaves in a state directory.
[[nodiscard]] std::filesystem::path kept_state_in(const std::filesystem::path& directory);
[[nodiscard]] std::filesystem::path fleet_packages_in(const std::filesystem::path& directory);

// The configuration in a file's text, with what the state wants in place of its streams, apps and limits. A
// mistake in a state is in the faults, with its place in the state's TOML. Relative paths begin at `folder`.
[[nodiscard]] CheckedConfig check_with(const std::string& text, const std::filesystem::path& folder,
                                       const DesiredState& state);

struct NodeReading {
  CheckedConfig checked;
  std::optional<DesiredState> state;  // in it
  std::string why_not;  // why the state that is kept is not in it; empty: it is, or there is none
};

// A file's text, and the state that is kept if it has [fleet].
[[nodiscard]] NodeReading read_node(const std::string& text, const std::filesystem::path& folder);

// What the next start begins with, whether or not it can be used. Throws unreadable, untrusted.
[[nodiscard]] std::optional<DesiredState> kept_state(const std::filesystem::path& directory);

// How a text is checked while a state is in force; without one, as any node's.
[[nodiscard]] NodeControl::Check check_for(std::optional<DesiredState> state);

// For the next start. Throws storage.
void keep_state(const std::filesystem::path& directory, const DesiredState& state);

}  // namespace mainstream
