#include "node/state_json.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/json.hpp"
#include "node/why_not.hpp"

namespace mainstream {
namespace {

Json drops_json(const Drops& drops) {
  return {{"overload", drops.overload}, {"budget", drops.budget}, {"camera", drops.camera}};
}

Json picture_json(const NodeState::Picture& picture) {
  return {{"finding", picture.finding},
          {"likeness", picture.likeness},
          {"sharpness", picture.sharpness},
          {"warning", text_or_null(picture.warning)}};
}

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json scores_json(const NodeState::Scores& scores) {
  return {{"learning", scores.learning},
          {"days", scores.days},
          {"from_first_days", or_null(scores.from_first_days)},
          {"from_validation", or_null(scores.from_validation)},
          {"positive_rate", or_null(scores.positive_rate)},
          {"promised_rate", {scores.promised_low, scores.promised_high}},
          {"warning", text_or_null(scores.warning)}};
}

Json judged_json(const NodeState::Judged& judged) {
  return {{"right", judged.right},
          {"wrong", judged.wrong},
          {"missed", judged.missed},
          {"f1", judged.f1},
          {"f1_interval", {judged.f1_low, judged.f1_high}},
          {"warning", text_or_null(judged.warning)}};
}

// An app on one of its streams.
Json placed_json(const NodeState::App& app) {
  const auto if_planned = [&](const auto& value) { return app.planned ? Json(value) : Json(); };
  return {{"stream", app.stream},
          {"package", text_or_null(app.package)},
          {"planned", app.planned},
          {"reason", text_or_null(app.reason)},
          {"candidate", if_planned(app.setting.candidate)},
          {"branchpoint", if_planned(app.setting.branchpoint)},
          {"planned_fps", app.planned ? app.setting.fps : 0.0},
          {"reached_fps", app.reached_fps},
          {"expected_f1", if_planned(app.expected_f1)},
          {"threshold", app.planned ? shortest_number(app.setting.threshold) : Json()},
          {"votes_needed", if_planned(app.setting.votes)},
          {"last_score", app.last_score ? shortest_number(*app.last_score) : Json()},
          {"votes", app.votes},
          {"event_open", app.event_open},
          {"why_no_event", app.event_open ? Json() : Json(why_not_text(app))},
          {"frames", app.frames},
          {"positive_frames", app.positive},
          {"events", app.events},
          {"dropped", drops_json(app.drops)},
          {"lost", drops_json(app.lost)},
          {"scores", scores_json(app.scores)},
          {"judged", app.judged ? judged_json(*app.judged) : Json()}};
}

Json stem_json(const NodeState::Stem& stem) {
  Json segments = Json::array();
  for (const NodeState::Stem::Segment& segment : stem.segments) {
    segments.push_back({{"branchpoint", segment.branchpoint},
                        {"number_type", to_string(segment.number_type)},
                        {"fps", segment.fps},
                        {"cost_ms_per_s", segment.cost}});
  }
  const Region& region = stem.region;
  return {{"stream", stem.stream},
          {"base", stem.base},
          {"region", {region.left, region.top, region.width, region.height}},
          {"segments", std::move(segments)}};
}

// Apps that rest are not in the node.
NodeState::App resting(const ServiceState::App& app, const std::string& stream) {
  NodeState::App state;
  state.id = app_id(app.name, stream);
  state.stream = stream;
  state.reason = app.enabled ? "it is outside of its hours" : "it is turned off";
  return state;
}

}  // namespace

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json stream_json(const NodeState::Stream& stream) {
  return {{"name", stream.name},
          {"up", stream.up},
          {"reason", text_or_null(stream.reason)},
          {"fps", stream.fps},
          {"reached_fps", stream.reached_fps},
          {"frames", stream.frames},
          {"reconnects", stream.reconnects},
          {"decode_ms_per_frame", stream.decode_ms},
          {"frame_age_ms", or_null(stream.frame_age_ms)},
          {"dropped", drops_json(stream.drops)},
          {"leaves_out", stream.leaves_out},
          {"on_substream", stream.on_substream},
          {"picture", picture_json(stream.picture)}};
}

Json app_json(const ServiceState::App& app, const NodeState& node) {
  Json streams = Json::array();
  for (const std::string& stream : app.streams) {
    const auto placed = std::ranges::find(node.apps, app_id(app.name, stream), &NodeState::App::id);
    streams.push_back(placed_json(placed == node.apps.end() ? resting(app, stream) : *placed));
  }
  return {{"name", app.name},
          {"enabled", app.enabled},
          {"in_hours", app.in_hours},
          {"streams", std::move(streams)}};
}

Json plan_json(const NodeState& node) {
  Json apps = Json::array();
  for (const NodeState::App& app : node.apps) {
    if (!app.planned) continue;
    apps.push_back({{"app", app_name(app.id, app.stream)},
                    {"stream", app.stream},
                    {"candidate", app.setting.candidate},
                    {"branchpoint", app.setting.branchpoint},
                    {"fps", app.setting.fps},
                    {"votes", app.setting.votes},
                    {"expected_f1", app.expected_f1},
                    {"stem", app.stem},
                    {"cost_ms_per_s", app.cost}});
  }
  Json stems = Json::array();
  for (const NodeState::Stem& stem : node.plan.stems) stems.push_back(stem_json(stem));
  return {{"number", node.plan.number},
          {"reason", node.plan.reason},
          {"feasible", node.plan.feasible},
          {"budget_ms_per_s", node.plan.budget},
          {"cost_ms_per_s", node.plan.cost},
          {"decoding_ms_per_s", node.plan.decoding},
          {"busy_ms_per_s", node.busy_ms_per_s},
          {"mean_f1", node.plan.mean_f1},
          {"min_f1", node.plan.min_f1},
          {"workers", node.workers},
          {"threads", node.threads},
          {"stems", std::move(stems)},
          {"apps", std::move(apps)}};
}

Json sink_json(const SinkState& sink) {
  return {{"name", sink.name},         {"up", sink.up},
          {"lag", sink.lag},           {"delivered", sink.delivered},
          {"failures", sink.failures}, {"skipped", sink.skipped},
          {"missed", sink.missed},     {"last_error", text_or_null(sink.last_error)}};
}

Json state_json(const ServiceState& state) {
  Json json{{"node", state.name},
            {"version", MAINSTREAM_VERSION},
            {"events", state.node.events},
            {"events_dropped", state.node.events_dropped},
            {"refused", text_or_null(state.refused)},
            {"plan", plan_json(state.node)}};
  json["streams"] = json["apps"] = json["sinks"] = Json::array();
  for (const NodeState::Stream& stream : state.node.streams) json["streams"].push_back(stream_json(stream));
  for (const ServiceState::App& app : state.apps) json["apps"].push_back(app_json(app, state.node));
  for (const SinkState& sink : state.sinks) json["sinks"].push_back(sink_json(sink));
  json["store"] = {{"last_sequence", state.store.last_sequence},
                   {"waiting", state.store.waiting},
                   {"dropped_events", state.store.dropped_events},
                   {"bytes", state.store.bytes},
                   {"error", text_or_null(state.store.error)}};
  return json;
}

}  // namespace mainstream
