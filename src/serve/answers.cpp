#include "serve/answers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "event/event_json.hpp"

namespace mainstream {
namespace {

Json drops_json(const Drops& drops) {
  return {{"overload", drops.overload}, {"budget", drops.budget}, {"camera", drops.camera}};
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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
          {"dropped", drops_json(stream.drops)}};
}

std::string why_no_event(const NodeState::App& app) {
  if (app.event_open) return {};
  if (!app.planned) return app.reason.empty() ? "the app is not planned" : app.reason;
  std::string why;
  if (!app.last_score) {
    why = "no frame was analysed yet";
  } else if (*app.last_score < app.setting.threshold) {
    why = fmt::format("the last score {:.3f} is below the threshold {:.3f}", *app.last_score,
                      app.setting.threshold);
  } else {
    why = fmt::format("{} positive frames in a row so far, an event needs {}", app.votes, app.setting.votes);
  }
  if (app.reached_fps < app.setting.fps / 2) {
    why += fmt::format("; {:.1f} frames per second are analysed, {:.1f} are planned", app.reached_fps,
                       app.setting.fps);
  }
  return why;
}

Json app_json(const NodeState::App& app) {
  const bool planned = app.planned;
  const auto if_planned = [planned](const auto& value) { return planned ? Json(value) : Json(); };
  return {{"id", app.id},
          {"stream", app.stream},
          {"package", app.package},
          {"planned", planned},
          {"reason", text_or_null(app.reason)},
          {"candidate", if_planned(app.setting.candidate)},
          {"branchpoint", if_planned(app.setting.branchpoint)},
          {"planned_fps", planned ? app.setting.fps : 0.0},
          {"reached_fps", app.reached_fps},
          {"expected_f1", if_planned(app.expected_f1)},
          {"threshold", planned ? shortest_number(app.setting.threshold) : Json()},
          {"votes_needed", if_planned(app.setting.votes)},
          {"last_score", app.last_score ? shortest_number(*app.last_score) : Json()},
          {"votes", app.votes},
          {"event_open", app.event_open},
          {"why_no_event", text_or_null(why_no_event(app))},
          {"frames", app.frames},
          {"positive_frames", app.positive},
          {"events", app.events},
          {"dropped", drops_json(app.drops)}};
}

Json plan_json(const NodeState& state) {
  Json apps = Json::array();
  for (const NodeState::App& app : state.apps) {
    if (!app.planned) continue;
    apps.push_back({{"id", app.id},
                    {"stream", app.stream},
                    {"candidate", app.setting.candidate},
                    {"branchpoint", app.setting.branchpoint},
                    {"fps", app.setting.fps},
                    {"votes", app.setting.votes},
                    {"expected_f1", app.expected_f1}});
  }
  return {{"number", state.plan.number},
          {"reason", state.plan.reason},
          {"feasible", state.plan.feasible},
          {"budget_ms_per_s", state.plan.budget},
          {"cost_ms_per_s", state.plan.cost},
          {"decoding_ms_per_s", state.plan.decoding},
          {"busy_ms_per_s", state.busy_ms_per_s},
          {"mean_f1", state.plan.mean_f1},
          {"min_f1", state.plan.min_f1},
          {"workers", state.workers},
          {"threads", state.threads},
          {"apps", std::move(apps)}};
}

Json plan_record_json(const PlanRecord& record) {
  return {{"plan", record.plan},
          {"run", record.run},
          {"time", to_string(record.time)},
          {"reason", record.reason},
          {"schedule", record.schedule.empty() ? Json() : parse_json(record.schedule, "stored plan")}};
}

Json event_json(const EventRecord& event) {
  return parse_json(to_json_line(event), "stored event");
}

std::vector<std::string> not_ready(const NodeState& state, const StoreState& store) {
  std::vector<std::string> reasons;
  if (!store.error.empty()) reasons.push_back("the store cannot be written: " + store.error);
  const auto up = [](const NodeState::Stream& stream) { return stream.up; };
  if (!state.streams.empty() && std::ranges::none_of(state.streams, up)) {
    for (const auto& stream : state.streams)
      reasons.push_back("stream " + stream.name + ": " + stream.reason);
  }
  const auto planned = [](const NodeState::App& app) { return app.planned; };
  if (!state.apps.empty() && std::ranges::none_of(state.apps, planned)) {
    for (const auto& app : state.apps) reasons.push_back("app " + app.id + ": " + app.reason);
  }
  return reasons;
}

}  // namespace mainstream
