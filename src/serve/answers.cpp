#include "serve/answers.hpp"

#include <algorithm>

#include "event/event_json.hpp"

namespace mainstream {

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
