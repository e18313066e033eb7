#include "serve/answers.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "event/event_json.hpp"
#include "node/state_json.hpp"

namespace mainstream {
namespace {

template <typename App>  // NodeState::App or NodeOutlook::App
Json chosen_json(const App& app) {
  if (!app.planned) return {};
  return {{"candidate", app.setting.candidate},
          {"branchpoint", app.setting.branchpoint},
          {"fps", app.setting.fps},
          {"votes", app.setting.votes},
          {"expected_f1", app.expected_f1}};
}

// "near@gate" is an id of this app on this stream.
std::string stream_in(const NodeOutlook& outlook, const std::string& id) {
  const auto app = std::ranges::find(outlook.apps, id, &NodeOutlook::App::id);
  return app == outlook.apps.end() ? std::string() : app->stream;
}

Json step_json(const NodeOutlook& outlook, const NodeOutlook::Step& step) {
  Json taken = Json::array();
  for (const NodeOutlook::Step::Change& change : step.taken_from) {
    const std::string stream = stream_in(outlook, change.id);
    taken.push_back({{"app", app_name(change.id, stream)},
                     {"stream", stream},
                     {"expected_f1_before", change.before},
                     {"expected_f1_after", change.after}});
  }
  return {{"candidate", step.candidate},
          {"fps", step.fps},
          {"expected_f1", step.f1},
          {"extra_cost_ms_per_s", step.extra_cost},
          {"why_not", text_or_null(step.why_not)},
          {"others", std::move(taken)}};
}

}  // namespace

Json outlook_json(const NodeState& present, const NodeOutlook& outlook) {
  Json apps = Json::array();
  for (const NodeOutlook::App& app : outlook.apps) {
    const auto now = std::ranges::find(present.apps, app.id, &NodeState::App::id);
    apps.push_back({{"app", app_name(app.id, app.stream)},
                    {"stream", app.stream},
                    {"before", now == present.apps.end() ? Json() : chosen_json(*now)},
                    {"after", chosen_json(app)},
                    {"reason", text_or_null(app.reason)},
                    {"more", app.more ? step_json(outlook, *app.more) : Json()}});
  }
  for (const NodeState::App& app : present.apps) {
    if (std::ranges::find(outlook.apps, app.id, &NodeOutlook::App::id) != outlook.apps.end()) continue;
    apps.push_back({{"app", app_name(app.id, app.stream)},
                    {"stream", app.stream},
                    {"before", chosen_json(app)},
                    {"after", Json()},
                    {"reason", "it goes"},
                    {"more", Json()}});
  }
  const auto plan = [](const auto& one) -> Json {
    return {{"budget_ms_per_s", one.budget},
            {"cost_ms_per_s", one.cost},
            {"decoding_ms_per_s", one.decoding},
            {"mean_f1", one.mean_f1},
            {"min_f1", one.min_f1}};
  };
  return {{"feasible", outlook.feasible},     {"reason", text_or_null(outlook.reason)},
          {"costs_guessed", outlook.guessed}, {"before", plan(present.plan)},
          {"after", plan(outlook)},           {"apps", std::move(apps)}};
}

ApiAnswer json_answer(const Json& json) {
  ApiAnswer answer;
  answer.body = json_text(json);
  return answer;
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

Json judged_event_json(const EventRecord& event, StoreReader& reader) {
  Json json = event_json(event);
  if (const auto verdict = reader.verdict(event.id)) json["verdict"] = to_string(*verdict);
  return json;
}

std::vector<std::string> not_ready(const ServiceState& service) {
  const NodeState& state = service.node;
  std::vector<std::string> reasons;
  if (!service.store.error.empty()) reasons.push_back("the store cannot be written: " + service.store.error);
  const auto up = [](const NodeState::Stream& stream) { return stream.up; };
  if (!state.streams.empty() && std::ranges::none_of(state.streams, up)) {
    for (const auto& stream : state.streams)
      reasons.push_back("stream " + stream.name + ": " + stream.reason);
  }
  const auto planned = [](const NodeState::App& app) { return app.planned; };
  if (!state.apps.empty() && std::ranges::none_of(state.apps, planned)) {
    for (const auto& app : state.apps)
      reasons.push_back("app " + app_name(app.id, app.stream) + " on " + app.stream + ": " + app.reason);
  }
  return reasons;
}

}  // namespace mainstream
