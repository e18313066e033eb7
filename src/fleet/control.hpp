// The other side of a fleet: tells nodes what to run, and hears how they are, by what a broker keeps.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "fleet/messages.hpp"
#include "net/mqtt_client.hpp"

namespace mainstream {

// What the broker knows of a node.
struct NodeView {
  bool online = false;  // connected to its broker, as far as known here
  std::optional<DesiredState> desired;
  std::optional<NodeReport> report;
  std::string unreadable;  // why what the broker keeps of it cannot be used
};

// What is to come of a state that a node was given.
enum class Outcome { waiting, applied, refused };

[[nodiscard]] Outcome outcome_of(const NodeView& node, std::int64_t version);

// The node's next report is overdue: it is away, or a bridge between it and here is.
[[nodiscard]] bool is_silent(const NodeReport& report, WallTime now);

class FleetControl {
 public:
  // Connects, and waits for all that the broker keeps of the fleet. Throws failed when it does not answer
  // within `patience`; else as MqttClient.
  FleetControl(const MqttBroker& broker, std::chrono::milliseconds patience);

  // What is known now. Thread-safe.
  [[nodiscard]] std::map<std::string, NodeView> nodes() const;

  // Gives the node another state than it was given last, with a higher version than any that it has seen;
  // the version that it has then. An equal one is not given again, unless the node refused it: what was in
  // its way may be mended. Throws failed when the broker does not take it.
  [[nodiscard]] std::int64_t give(const std::string& node, DesiredState state);

 private:
  void received(const std::string& topic, std::string_view payload);

  const std::chrono::milliseconds patience_;
  const std::string echo_;  // a topic of our own
  mutable Mutex mutex_;
  std::map<std::string, NodeView> nodes_ GUARDED_BY(mutex_);      // all but `unreadable`
  std::map<std::string, std::string> faults_ GUARDED_BY(mutex_);  // by topic, of what is unreadable there
  bool all_came_ GUARDED_BY(mutex_) = false;
  MqttClient client_;  // the last: its thread uses the others
};

}  // namespace mainstream
