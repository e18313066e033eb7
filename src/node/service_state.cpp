// What a node in operation tells of itself: to whoever asks, to its sinks, and to its store.
#include <utility>

#include "node/service.hpp"
#include "node/state_json.hpp"

namespace mainstream {
namespace {

constexpr auto kBetweenStats = std::chrono::seconds(5);

}  // namespace

std::string app_id(const std::string& app, const std::string& stream) {
  return app + "@" + stream;
}

std::string app_name(const std::string& id, const std::string& stream) {
  return id.substr(0, id.size() - stream.size() - 1);
}

ServiceState NodeService::state() const {
  ServiceState state;
  state.name = name_;
  state.node = node_->state();
  state.store = store_.state();
  const MutexLock lock(mutex_);
  state.apps = apps_;
  state.refused = refused_;
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
    plan.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    plan.reason = now.node.plan.reason;
    plan.schedule = to_text(plan_json(now.node));
    store_.put(std::move(plan));
  }
  const bool stats = std::chrono::steady_clock::now() - told_stats_ >= kBetweenStats;
  if (stats) {
    told_stats_ = std::chrono::steady_clock::now();
    count(now.node);
  }
  const MutexLock lock(mutex_);
  for (const RunningSink& sink : sinks_) {
    if (sink.mqtt == nullptr) continue;
    for (const NodeState::Stream& stream : now.node.streams)
      sink.mqtt->set_stream_status(stream.name, stream.up ? "online" : "offline");
    if (stats) sink.mqtt->set_stats(to_text(state_json(now)));
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
