// What a node in operation tells of itself: to whoever asks, to its sinks, and to its store.
#include <utility>

#include "core/json.hpp"
#include "core/log.hpp"
#include "node/service.hpp"
#include "node/verdicts.hpp"

namespace mainstream {
namespace {

constexpr auto kBetweenStats = std::chrono::seconds(5), kBetweenVerdicts = std::chrono::seconds(60);

Json drops_json(const Drops& drops) {
  return {{"overload", drops.overload}, {"budget", drops.budget}, {"camera", drops.camera}};
}

Json stream_json(const NodeState::Stream& stream) {
  return {{"name", stream.name},
          {"up", stream.up},
          {"reason", stream.reason},
          {"fps", stream.fps},
          {"reached_fps", stream.reached_fps},
          {"frames", stream.frames},
          {"reconnects", stream.reconnects},
          {"decode_ms", stream.decode_ms},
          {"dropped", drops_json(stream.drops)},
          {"leaves_out", stream.leaves_out},
          {"on_substream", stream.on_substream},
          {"picture",
           {{"finding", stream.picture.finding},
            {"likeness", stream.picture.likeness},
            {"sharpness", stream.picture.sharpness},
            {"warning", stream.picture.warning}}}};
}

Json scores_json(const NodeState::Scores& scores) {
  Json json{{"learning", scores.learning},
            {"days", scores.days},
            {"promised_rate", {scores.promised_low, scores.promised_high}},
            {"warning", scores.warning}};
  if (scores.from_first_days) json["from_first_days"] = *scores.from_first_days;
  if (scores.from_validation) json["from_validation"] = *scores.from_validation;
  if (scores.positive_rate) json["positive_rate"] = *scores.positive_rate;
  return json;
}

Json judged_json(const NodeState::Judged& judged) {
  return {{"right", judged.right},
          {"wrong", judged.wrong},
          {"missed", judged.missed},
          {"f1", judged.f1},
          {"f1_interval", {judged.f1_low, judged.f1_high}},
          {"warning", judged.warning}};
}

// Of an app that runs: also why there is no event.
Json running_json(const NodeState::App& app) {
  Json json{{"package", app.package}, {"planned", app.planned}, {"reason", app.reason}};
  if (app.planned) {
    json["candidate"] = app.setting.candidate;
    json["branchpoint"] = app.setting.branchpoint;
    json["planned_fps"] = app.setting.fps;
    json["votes_needed"] = app.setting.votes;
    json["threshold"] = app.setting.threshold;
    json["expected_f1"] = app.expected_f1;
  }
  json["reached_fps"] = app.reached_fps;
  if (app.last_score) json["last_score"] = *app.last_score;
  json["votes"] = app.votes;
  json["event_open"] = app.event_open;
  json["frames"] = app.frames;
  json["positive"] = app.positive;
  json["events"] = app.events;
  json["dropped"] = drops_json(app.drops);
  json["lost"] = drops_json(app.lost);
  json["why_not"] = app.why_not;
  json["scores"] = scores_json(app.scores);
  if (app.judged) json["judged"] = judged_json(*app.judged);
  return json;
}

Json app_json(const ServiceState::App& app, const std::string& stream, const NodeState& node) {
  Json json{{"app", app.name}, {"stream", stream}, {"enabled", app.enabled}, {"in_hours", app.in_hours}};
  for (const NodeState::App& running : node.apps)
    if (running.id == app_id(app.name, stream)) json.update(running_json(running));
  if (!json.contains("planned")) {
    json["planned"] = false;
    json["reason"] = app.enabled ? "it is outside of its hours" : "it is turned off";
  }
  return json;
}

Json plan_json(const NodeState::Plan& plan) {
  return {{"number", plan.number},   {"reason", plan.reason}, {"feasible", plan.feasible},
          {"cost", plan.cost},       {"budget", plan.budget}, {"decoding", plan.decoding},
          {"mean_f1", plan.mean_f1}, {"min_f1", plan.min_f1}};
}

Json sink_json(const SinkState& sink) {
  return {{"name", sink.name},         {"up", sink.up},
          {"lag", sink.lag},           {"delivered", sink.delivered},
          {"failures", sink.failures}, {"skipped", sink.skipped},
          {"missed", sink.missed},     {"last_error", sink.last_error}};
}

// A plan for the store: cost and quality, and what each app runs.
std::string stored_plan(const NodeState& node) {
  Json json = plan_json(node.plan);
  json["apps"] = Json::array();
  for (const NodeState::App& app : node.apps) {
    if (!app.planned) continue;
    json["apps"].push_back({{"id", app.id},
                            {"candidate", app.setting.candidate},
                            {"branchpoint", app.setting.branchpoint},
                            {"fps", app.setting.fps},
                            {"votes", app.setting.votes},
                            {"f1", app.expected_f1}});
  }
  return json.dump();
}

}  // namespace

std::string to_json(const ServiceState& state) {
  Json json{{"node", state.name},
            {"version", MAINSTREAM_VERSION},
            {"workers", state.node.workers},
            {"threads", state.node.threads},
            {"busy_ms_per_s", state.node.busy_ms_per_s},
            {"events", state.node.events},
            {"events_dropped", state.node.events_dropped},
            {"refused", state.refused},
            {"plan", plan_json(state.node.plan)}};
  json["streams"] = json["apps"] = json["sinks"] = Json::array();
  for (const NodeState::Stream& stream : state.node.streams) json["streams"].push_back(stream_json(stream));
  for (const ServiceState::App& app : state.apps)
    for (const std::string& stream : app.streams) json["apps"].push_back(app_json(app, stream, state.node));
  for (const SinkState& sink : state.sinks) json["sinks"].push_back(sink_json(sink));
  json["store"] = {{"last_sequence", state.store.last_sequence},
                   {"waiting", state.store.waiting},
                   {"dropped_events", state.store.dropped_events},
                   {"bytes", state.store.bytes},
                   {"error", state.store.error}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
    plan.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    plan.reason = now.node.plan.reason;
    plan.schedule = stored_plan(now.node);
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
  const MutexLock lock(mutex_);
  for (const RunningSink& sink : sinks_) {
    if (sink.mqtt == nullptr) continue;
    for (const NodeState::Stream& stream : now.node.streams)
      sink.mqtt->set_stream_status(stream.name, stream.up ? "online" : "offline");
    if (stats) sink.mqtt->set_stats(to_json(now));
  }
}

void NodeService::follow_verdicts(const NodeState& node) {
  std::map<std::pair<std::string, std::string>, std::string> package_of;
  for (const NodeState::App& app : node.apps)
    package_of[{name_of(app.id, app.stream), app.stream}] = app.package;
  StoreReader reader(store_.directory());
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto judged = judge_apps(reader, now, package_of);
  std::vector<NodeWarning> warnings;
  {
    const MutexLock lock(mutex_);
    const auto before = std::exchange(judged_, {});
    for (const NodeState::App& app : node.apps) {
      const auto found = judged.find({name_of(app.id, app.stream), app.stream});
      if (found == judged.end()) continue;
      NodeState::Judged& one = judged_[app.id] = found->second;
      if (app.planned) one.warning = verdict_warning(one, app.expected_f1);
      const auto known = before.find(app.id);
      const bool warned = known != before.end() && !known->second.warning.empty();
      if (!one.warning.empty() && !warned) warnings.push_back({app.stream, app.id, one.warning});
    }
  }
  for (const NodeWarning& warning : warnings) {
    module_log("node")->warn("{}: {}", warning.app, warning.text);
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
