// The configuration of a node: a TOML file (docs/node.md) as values.
//
// Reading checks all that the file alone can tell; config_check.hpp checks what it names. Every mistake is
// found, with its place, not only the first.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mainstream/media.hpp"
#include "mainstream/number_type.hpp"
#include "mainstream/package.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/profile.hpp"
#include "node/config_key.hpp"
#include "node/hours.hpp"
#include "node/toml_document.hpp"

namespace mainstream {

// A table of the file, with the places of its keys for later messages.
struct ConfigTable {
  Place at;
  std::map<std::string, Place, std::less<>> keys;

  // Of the key's value; of the table where the file does not have the key.
  [[nodiscard]] Place of(std::string_view key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? at : found->second;
  }
  // Tables are compared by what they say, wherever they stand.
  friend bool operator==(const ConfigTable&, const ConfigTable&) { return true; }
};

// [node]
struct MachineConfig : ConfigTable {
  std::string name;  // filled in: the host's name if the file gives none
  std::vector<std::filesystem::path> bases;
  std::filesystem::path state = "state";
  int workers = 0, threads = 0;               // 0: the node chooses
  NumberType number_type = NumberType::int8;  // the least exact one that plans may use
  std::filesystem::path cache;                // empty: cache_folder()
  std::string log = "info";
  bool json_log = false;
  bool operator==(const MachineConfig&) const = default;
};

// [[stream]]: how its source is read, with name and url.
struct StreamConfig : ConfigTable, SourceOptions {
  std::string name, url;
  bool operator==(const StreamConfig&) const = default;
};

// [[app]]
struct AppConfig : ConfigTable {
  std::string name;  // empty: the package's
  std::filesystem::path package;
  std::vector<std::string> streams;  // names, each once
  Region region;
  bool enabled = true;
  double weight = 1;
  std::optional<double> min_fps;
  // In place of what the package says:
  std::optional<double> threshold;
  std::optional<int> votes;
  std::optional<std::chrono::milliseconds> merge_gap, min_length, max_length;
  std::vector<Hours> hours;  // local time; none: always
  bool operator==(const AppConfig&) const = default;
};

// [schedule]
struct ScheduleConfig : ConfigTable {
  Objective objective = Objective::mean;
  Algorithm algorithm = Algorithm::automatic;
  Mode mode = Mode::mainstream;
  std::optional<double> budget;             // core-milliseconds per second; nothing: what the machine gives
  std::optional<CandidateKind> candidates;  // nothing: all
  bool operator==(const ScheduleConfig&) const = default;
};

// [[sink]]: one struct for each type.
struct SinkConfig : ConfigTable {
  std::string type;
  std::string name;  // unique in the node; filled in: the type if the file gives none
  bool operator==(const SinkConfig&) const = default;
};
struct StdoutSinkConfig : SinkConfig {
  bool operator==(const StdoutSinkConfig&) const = default;
};
struct JsonlSinkConfig : SinkConfig {
  std::filesystem::path path;
  std::int64_t max_size_mb = 64;
  int keep = 5;
  bool operator==(const JsonlSinkConfig&) const = default;
};
struct MqttSinkConfig : SinkConfig {
  std::string url;
  std::filesystem::path credentials, ca;  // empty: none
  bool discovery = true;
  bool operator==(const MqttSinkConfig&) const = default;
};
struct WebhookSinkConfig : SinkConfig {
  std::string url;
  std::filesystem::path secret, ca;  // empty: none
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  bool operator==(const WebhookSinkConfig&) const = default;
};
using AnySinkConfig = std::variant<StdoutSinkConfig, JsonlSinkConfig, MqttSinkConfig, WebhookSinkConfig>;

[[nodiscard]] inline const SinkConfig& common(const AnySinkConfig& sink) {
  return std::visit([](const auto& one) -> const SinkConfig& { return one; }, sink);
}

// [retention]
struct RetentionConfig : ConfigTable {
  int max_age_days = 30;            // 0: for ever
  std::int64_t max_size_mb = 4096;  // 0: without a limit
  bool operator==(const RetentionConfig&) const = default;
};

// [serve]: the control API (docs/api.md). Its library says what goes together.
struct ServeConfig : ConfigTable {
  std::string address = "127.0.0.1";  // of this machine, no name
  int port = 8080;                    // 0: any free one
  // PEM; both or none (empty). With them it is HTTPS.
  std::filesystem::path certificate, key;
  std::filesystem::path tokens;    // docs/api.md tells its form; empty: none is asked for
  std::vector<std::string> names;  // by which clients call it, beside the address
  bool operator==(const ServeConfig&) const = default;
};

struct NodeConfig {
  MachineConfig node;
  std::vector<StreamConfig> streams;
  std::vector<AppConfig> apps;
  ScheduleConfig schedule;
  std::vector<AnySinkConfig> sinks;
  RetentionConfig retention;
  std::optional<ServeConfig> serve;  // nothing: no control API
};

// What was read. Only without faults can the configuration be used. Faults are in the order of the file.
struct ConfigReading {
  NodeConfig config;
  std::vector<ConfigFault> faults;
};

// `folder`: where relative paths begin.
[[nodiscard]] ConfigReading parse_config(std::string_view text, const std::filesystem::path& folder);

constexpr std::uint64_t kMostConfigBytes = std::uint64_t{1} << 20;
// Throws unreadable, or untrusted for a file of more than kMostConfigBytes.
[[nodiscard]] ConfigReading read_config(const std::filesystem::path& path);

// All tables and keys as Markdown: the reference in docs/node.md.
[[nodiscard]] std::string config_reference();

}  // namespace mainstream
