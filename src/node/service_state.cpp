// What a node in operation tells of itself: to whoever asks, to its sinks, and to its store.
#include <utility>

#include "core/json.hpp"
#include "core/log.hpp"
#include "node/service.hpp"
#include "node/state_json.hpp"
#include "node/verdicts.hpp"

namespace mainstream {
namespace {

constexpr auto kBetweenStats = std::chrono::seconds(5), kBetweenVerdicts = std::chrono::seconds(60);

}  // namespace

std::string app_id(const std::string& app, const std::string& stream) {
  return app + "@" + stream;
}

std::string app_name(const std::string& id, const std::string& stream) {
  const std::string suffix = app_id("", stream);
  return id.ends_with(suffix) ? id.substr(0, id.size() - suffix.size()) : id;
}

ServiceState NodeService::state() const {
  ServiceState state;
  state.name = name_;
  state.node = node_->state();
  state.store = store_.state();
  const MutexLock lock(mutex_);
  state.apps = apps_;
  state.refused = refused_;
  for (NodeState::App& app : state.node.apps)
    if (const auto known = judged_.find(app.id); known != judged_.end()) app.judged = known->second;
  for (const RunningSink& sink : sinks_) state.sinks.push_back(sink.runner->state());
  return state;
}

// Plans and counters go to the store, states of streams and figures to MQTT.
void NodeService::follow_node() {
  const ServiceState now = state();
  if (now.node.plan.number >= 0 &&
      std::exchange(stored_plan_, now.node.plan.number) != now.node.plan.number) {
    PlanRecord plan;
    plan.plan = now.node.plan.number;
    plan.time = wall_now();
    plan.reason = now.node.plan.reason;
    plan.schedule = json_text(plan_json(now.node));
    store_.put(std::move(plan));
  }
  const bool stats = std::chrono::steady_clock::now() - told_stats_ >= kBetweenStats;
  if (stats) {
    told_stats_ = std::chrono::steady_clock::now();
    count(now.node);
  }
  if (std::chrono::steady_clock::now() - read_verdicts_ >= kBetweenVerdicts) {
    read_verdicts_ = std::chrono::steady_clock::now();
    follow_verdicts(now.node);
  }
  std::vector<std::string> streams;
  for (const NodeState::Stream& stream : now.node.streams) streams.push_back(stream.name);
  const MutexLock lock(mutex_);
  for (const RunningSink& sink : sinks_) {
    if (sink.mqtt == nullptr) continue;
    sink.mqtt->set_streams(streams);
    for (const NodeState::Stream& stream : now.node.streams)
      sink.mqtt->set_stream_status(stream.name, stream.up ? "online" : "offline");
    if (stats) sink.mqtt->set_stats(json_text(state_json(now)));
  }
}

void NodeService::follow_verdicts(const NodeState& node) {
  std::map<std::pair<std::string, std::string>, std::string> package_of;
  for (const NodeState::App& app : node.apps)
    package_of[{app_name(app.id, app.stream), app.stream}] = app.package;
  StoreReader reader(store_.directory());
  const auto now = wall_now();
  const auto judged = judge_apps(reader, now, package_of);
  std::vector<NodeWarning> warnings;
  {
    const MutexLock lock(mutex_);
    const auto before = std::exchange(judged_, {});
    for (const NodeState::App& app : node.apps) {
      const auto found = judged.find({app_name(app.id, app.stream), app.stream});
      if (found == judged.end()) continue;
      NodeState::Judged& one = judged_[app.id] = found->second;
      if (app.planned) one.warning = verdict_warning(one, app.expected_f1);
      const auto known = before.find(app.id);
      const bool warned = known != before.end() && !known->second.warning.empty();
      if (!one.warning.empty() && !warned) warnings.push_back({app.stream, app.id, one.warning});
    }
  }
  for (const NodeWarning& warning : warnings) {
    module_log("node").warn("{}: {}", warning.app, warning.text);
    store_warning(warning);
  }
}

// What came since the last time. An app or a stream that begins anew counts from 0.
void NodeService::count(const NodeState& state) {
  std::map<std::string, std::int64_t> values;
  for (const NodeState::Stream& stream : state.streams) {
    values["stream_frames/" + stream.name] = stream.frames;
    values["stream_reconnects/" + stream.name] = stream.reconnects;
    values["stream_dropped/" + stream.name] = stream.drops.total();
  }
  for (const NodeState::App& app : state.apps) {
    values["app_frames/" + app.id] = app.frames;
    values["app_positive/" + app.id] = app.positive;
    values["app_events/" + app.id] = app.events;
    values["app_dropped/" + app.id] = app.drops.total();
  }
  for (const auto& [name, value] : values) {
    const auto before = counted_.find(name);
    const std::int64_t from = before == counted_.end() || before->second > value ? 0 : before->second;
    if (value > from) store_.add_to_counter(name, value - from);
  }
  counted_ = std::move(values);
}

}  // namespace mainstream
