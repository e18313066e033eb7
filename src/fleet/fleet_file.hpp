// FLEET.toml: which nodes there are, what each shall run, the broker, and where nodes fetch packages
// (docs/fleet.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/messages.hpp"
#include "node/config.hpp"

namespace mainstream {

// [broker]
struct FleetBroker : ConfigTable, BrokerConfig {};

// [packages]
struct FleetPackages : ConfigTable {
  std::filesystem::path folder;  // where `fleet apply` puts them, as SHA256.mpkg
  std::string url;               // where nodes find that folder
};

// [[node]]
struct FleetNode : ConfigTable {
  std::string name;
  std::filesystem::path config;  // what it shall run: [[stream]], [[app]], [schedule]
};

struct Fleet {
  FleetBroker broker;
  FleetPackages packages;
  std::vector<FleetNode> nodes;
};

struct FleetReading {
  Fleet fleet;  // to be used if there are no faults
  std::vector<ConfigFault> faults;
};

// Throws unreadable, or untrusted for a file of more than 1 MiB.
[[nodiscard]] FleetReading read_fleet(const std::filesystem::path& path);

// A mistake in a node's file: "nodes/gate.toml:3:1: ..".
struct FleetStates {
  std::vector<DesiredState> states;  // of the fleet's nodes, without versions
  std::vector<std::string> faults;
};

// Reads what each node shall run, verifies the packages, and puts them into the fleet's folder of packages.
// Throws storage when that cannot be written.
[[nodiscard]] FleetStates make_states(const Fleet& fleet);

}  // namespace mainstream
