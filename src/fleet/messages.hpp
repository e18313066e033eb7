// What a fleet and its nodes say to each other over MQTT: topics, messages as JSON, and their limits.
// docs/fleet.md has all of them. Messages come from outside: a wrong one is refused as a whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

// Topics, each below mainstream/fleet/NODE. For subscriptions the node may be "+".
class FleetTopics {
 public:
  explicit FleetTopics(const std::string& node) : root_("mainstream/fleet/" + node) {}

  [[nodiscard]] std::string desired() const { return root_ + "/desired"; }
  [[nodiscard]] std::string reported() const { return root_ + "/reported"; }
  [[nodiscard]] std::string online() const { return root_ + "/online"; }
  [[nodiscard]] std::string get() const { return root_ + "/get"; }
  [[nodiscard]] std::string events(const std::string& receiver) const {
    return root_ + "/events/" + receiver;
  }

 private:
  std::string root_;
};

// The node in "mainstream/fleet/NODE/.."; empty for another topic.
[[nodiscard]] std::string node_in_topic(std::string_view topic);

// A package that a state needs, and where it is.
struct DesiredPackage {
  std::string name;  // as the state's apps call it
  std::string sha256;
  std::uint64_t bytes = 0;
  std::string url;
  bool operator==(const DesiredPackage&) const = default;
};

// What a node shall run.
struct DesiredState {
  std::int64_t version = 0;  // from 1; a node takes higher ones only
  std::vector<DesiredPackage> packages;
  std::string config;  // TOML: [[stream]], [[app]], [schedule]

  [[nodiscard]] bool same_but_for_version(const DesiredState& other) const {
    return packages == other.packages && config == other.config;
  }
};

constexpr std::size_t kMostDesiredBytes = std::size_t{1} << 20;

[[nodiscard]] std::string to_json(const DesiredState& state);
// Throws untrusted, naming the field.
[[nodiscard]] DesiredState parse_desired(std::string_view json);

// How a node is, and what became of the state that it was to take over.
struct NodeReport {
  enum class Progress { own, fetching, waiting, applying, applied, refused };
  std::string node;
  std::string program;  // its version
  WallTime time{};
  std::chrono::seconds every{60};  // the next report comes within this time
  std::int64_t version = 0;        // of the state in force; 0: its own file
  std::int64_t wanted = 0;         // the last version that it was told
  Progress progress = Progress::own;
  std::string why;     // of waiting and refused
  double fetched = 0;  // of fetching: share of the bytes
  int streams = 0, streams_up = 0, apps = 0, apps_running = 0;
  std::vector<std::string> troubles;  // "stream gate: no route to host"; the first ones
  double cost = 0, budget = 0, mean_f1 = 0;
  std::int64_t events = 0, last_sequence = 0;        // raised since the start; of the store
  std::map<std::string, std::int64_t> acknowledged;  // by receiver: the last sequence that it has
};

[[nodiscard]] const char* to_string(NodeReport::Progress progress) noexcept;
[[nodiscard]] std::string to_json(const NodeReport& report);
[[nodiscard]] NodeReport parse_report(std::string_view json);  // throws untrusted

// A receiver asks for records of events, or says which it has.
struct RangeRequest {
  std::string receiver;            // the answer's topic ends with it
  std::string id;                  // comes back with the answer
  std::int64_t after = 0;          // records behind this sequence
  int limit = 0;                   // so many at most; 0: none
  std::int64_t acknowledged = -1;  // it has all up to this sequence; -1: it does not say
};

constexpr int kMostInRange = 500;
constexpr std::size_t kMostRangeBytes = std::size_t{256} << 10;  // of the records in an answer

[[nodiscard]] RangeRequest parse_range_request(std::string_view json);  // throws untrusted

// The records that fit, in order of their sequence. `last_sequence` was read before `records`: without any,
// all up to it were removed, and there is nothing more.
[[nodiscard]] std::string range_answer(const RangeRequest& request, const std::vector<EventRecord>& records,
                                       std::int64_t last_sequence);

// Why a text cannot be the address of a package; empty if it can: https, file, or http on this machine.
[[nodiscard]] std::string package_url_fault(std::string_view url);

}  // namespace mainstream
