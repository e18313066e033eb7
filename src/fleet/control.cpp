#include "fleet/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Steady = std::chrono::steady_clock;

// A late report is no silence yet.
constexpr int kReportsMissed = 3;
constexpr std::chrono::seconds kConnectTime{5};

std::string own_topic() {
  std::random_device random;
  return fmt::format("mainstream/fleet-echo/{:08x}{:08x}", random(), random());
}

}  // namespace

Outcome outcome_of(const NodeView& node, std::int64_t version) {
  if (!node.report || node.report->wanted != version) return Outcome::waiting;
  if (node.report->progress == NodeReport::Progress::refused) return Outcome::refused;
  const bool is_in_force =
      node.report->version == version && node.report->progress == NodeReport::Progress::applied;
  return is_in_force ? Outcome::applied : Outcome::waiting;
}

bool is_silent(const NodeReport& report, WallTime now) {
  return now - report.time > kReportsMissed * report.every;
}

FleetControl::FleetControl(const MqttBroker& broker, std::chrono::milliseconds patience)
    : patience_(patience),
      echo_(own_topic()),
      client_(
          broker, std::nullopt,
          {FleetTopics("+").desired(), FleetTopics("+").reported(), FleetTopics("+").online(), echo_},
          {[this] {
             (void)client_.publish({echo_, "all", false});
           },
           [this](const std::string& topic, std::string_view payload, bool) { received(topic, payload); }}) {
  const auto end = Steady::now() + patience;
  if (!client_.wait_connected(std::min(end, Steady::now() + kConnectTime)))
    throw Error(ErrorKind::failed, client_.error());
  while (Steady::now() < end) {
    {
      const MutexLock lock(mutex_);
      if (all_came_) return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw Error(ErrorKind::failed,
              fmt::format("mqtt {}:{}: the broker did not give all that it keeps within {} s; its user may "
                          "not read {}, or max_queued_messages is too low",
                          broker.host, broker.port, patience.count() / 1000, echo_));
}

void FleetControl::received(const std::string& topic, std::string_view payload) {
  const MutexLock lock(mutex_);
  if (topic == echo_) {
    all_came_ = true;  // sent behind the subscriptions, so it comes behind all that the broker keeps
    return;
  }
  const std::string name = node_in_topic(topic);
  if (!name_fault(name).empty()) return;
  NodeView& node = nodes_[name];
  const FleetTopics topics(name);
  try {
    if (topic == topics.online()) {
      node.online = payload == "online";
    } else if (topic == topics.desired()) {
      node.desired.reset();
      if (!payload.empty()) node.desired = parse_desired(payload);
    } else if (topic == topics.reported()) {
      node.report.reset();
      if (!payload.empty()) node.report = parse_report(payload);
    }
    faults_.erase(topic);
  } catch (const Error& error) {
    faults_[topic] = error.what();
  }
}

std::map<std::string, NodeView> FleetControl::nodes() const {
  const MutexLock lock(mutex_);
  std::map<std::string, NodeView> nodes = nodes_;
  for (const auto& [topic, fault] : faults_) {
    std::string& unreadable = nodes[node_in_topic(topic)].unreadable;
    unreadable += (unreadable.empty() ? "" : "; ") + fault;
  }
  return nodes;
}

std::int64_t FleetControl::give(const std::string& node, DesiredState state) {
  {
    const MutexLock lock(mutex_);
    const NodeView& known = nodes_[node];
    if (known.desired && known.desired->same_but_for_version(state) &&
        outcome_of(known, known.desired->version) != Outcome::refused)
      return known.desired->version;
    state.version = 1;
    if (known.desired) state.version = known.desired->version + 1;
    if (known.report)
      state.version = std::max({state.version, known.report->version + 1, known.report->wanted + 1});
  }
  const auto number = client_.publish({FleetTopics(node).desired(), to_json(state), true});
  if (!number || !client_.wait_acknowledged({*number}, Steady::now() + patience_)) {
    throw Error(ErrorKind::failed,
                fmt::format("node {}: the broker has not taken its state: {}", in_quotes(node),
                            client_.connected() ? "no acknowledgement" : client_.error()));
  }
  return state.version;
}

}  // namespace mainstream
