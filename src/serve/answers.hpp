// What a node has stored, as JSON of the API, and whether it is ready; node/state_json.hpp tells how it is.
// openapi.cpp has the types; a test compares the two.
#pragma once

#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "mainstream/store.hpp"
#include "node/service.hpp"
#include "serve/request.hpp"

namespace mainstream {

[[nodiscard]] ApiAnswer json_answer(const Json& json);

[[nodiscard]] Json plan_record_json(const PlanRecord& record);
[[nodiscard]] Json event_json(const EventRecord& event);  // the line of docs/formats.md
[[nodiscard]] Json judged_event_json(const EventRecord& event, StoreReader& reader);  // with its verdict

// What runs now beside what would run.
[[nodiscard]] Json outlook_json(const NodeState& present, const NodeOutlook& outlook);

// Why the node is not ready; empty when it is: the store takes records, a stream is up and an app is planned,
// where there are any.
[[nodiscard]] std::vector<std::string> not_ready(const ServiceState& state);

}  // namespace mainstream
