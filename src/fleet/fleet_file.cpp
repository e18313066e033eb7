#include "fleet/fleet_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/file.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "node/config_tables.hpp"
#include "node/table_reader.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostFleetBytes = std::uint64_t{1} << 20;

const Keys<FleetPackages>& packages_keys() {
  using Packages = FleetPackages;
  static const Keys<Packages> keys{
      path("folder", &Packages::folder, "Where `fleet apply` puts packages.").is_required(),
      text("url", &Packages::url, "https://HOST/PATH/", package_url_fault, "Where nodes find that folder.")
          .is_required()};
  return keys;
}

const Keys<FleetNode>& fleet_node_keys() {
  using Node = FleetNode;
  static const Keys<Node> keys{
      text("name", &Node::name, "a name", name_fault, "The node's name in its own file.").is_required(),
      path("config", &Node::config, "What it shall run: [[stream]], [[app]], [schedule].").is_required()};
  return keys;
}

class FleetReader : TableReader {
 public:
  using TableReader::TableReader;

  FleetReading read(const TomlValue& root) {
    FleetReading reading;
    Fleet& fleet = reading.fleet;
    std::map<std::string, Place> tables;
    for (const TomlField& field : *root.as<TomlValue::Table>()) {
      tables[field.key] = field.at;
      if (field.key == "broker") {
        read_one(field, broker_keys<FleetBroker>({}), fleet.broker);
      } else if (field.key == "packages") {
        read_one(field, packages_keys(), fleet.packages);
      } else if (field.key == "node") {
        read_list(field, fleet_node_keys(), fleet.nodes);
      } else {
        unknown(field, "table", {"broker", "packages", "node"});
      }
    }
    for (const char* needed : {"[broker]", "[packages]", "[[node]]"}) {
      std::string key = needed;
      std::erase_if(key, [](char c) { return c == '[' || c == ']'; });
      if (!tables.contains(key)) fault({}, fmt::format("needs {}", needed));
    }
    std::map<std::string, Place> names;
    for (const FleetNode& node : fleet.nodes) once(names, node.name, node.of("name"), "the node");
    reading.faults = take_faults();
    return reading;
  }
};

// Makes the state of each file once, as nodes may share it.
class StateMaker {
 public:
  explicit StateMaker(const FleetPackages& packages) : packages_(packages) {}

  FleetStates made;

  void add(const FleetNode& node) {
    const auto [found, is_new] = states_.try_emplace(node.config);
    if (is_new) found->second = state_of(node.config);
    made.states.push_back(found->second);
  }

 private:
  DesiredState state_of(const fs::path& file) {
    DesiredState state;
    state.config = read_file(file, kMostDesiredBytes / 2);
    // Relative paths stay as they are: they begin at the folder of the node's own file there.
    const ConfigReading reading = parse_wanted(state.config, {}, NodeConfig());
    for (const ConfigFault& fault : reading.faults) made.faults.push_back(message(file.string(), fault));
    if (!reading.faults.empty()) return state;
    for (const AppConfig& app : reading.config.apps) {
      const std::string name = app.package.string();
      if (std::ranges::find(state.packages, name, &DesiredPackage::name) == state.packages.end())
        state.packages.push_back(published(name, file.parent_path() / app.package));
    }
    (void)parse_desired(to_json(DesiredState{1, state.packages, state.config}));  // as a node will
    return state;
  }

  DesiredPackage published(const std::string& name, const fs::path& file) {
    (void)MPackage::open(file);  // throws for one that a node would refuse
    const std::string bytes = read_file(file);
    DesiredPackage package{name, sha256(bytes), bytes.size(), {}};
    const std::string file_name = package_file_name(package.sha256);
    const fs::path target = packages_.folder / file_name;
    if (!fs::exists(target) || sha256(read_file(target)) != package.sha256) write_file(target, bytes);
    package.url = packages_.url + (packages_.url.ends_with('/') ? "" : "/") + file_name;
    return package;
  }

  const FleetPackages& packages_;
  std::map<fs::path, DesiredState> states_;
};

}  // namespace

FleetReading read_fleet(const fs::path& path) {
  const std::string text = read_file(path, kMostFleetBytes);
  const auto document = parse_toml(text);
  if (const auto* wrong = std::get_if<ConfigFault>(&document)) return {{}, {*wrong}};
  return FleetReader(path.parent_path()).read(std::get<TomlValue>(document));
}

FleetStates make_states(const Fleet& fleet) {
  std::error_code error;
  fs::create_directories(fleet.packages.folder, error);
  if (error) {
    throw Error(ErrorKind::storage, fmt::format("{}: cannot make the folder: {}",
                                                fleet.packages.folder.string(), error.message()));
  }
  StateMaker maker(fleet.packages);
  for (const FleetNode& node : fleet.nodes) maker.add(node);
  return std::move(maker.made);
}

}  // namespace mainstream
