// What the node knows, as JSON of the API. openapi.cpp has the types; a test compares the two.
#pragma once

#include "core/json.hpp"
#include "mainstream/node.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

[[nodiscard]] std::string to_text(const Json& json);

[[nodiscard]] Json stream_json(const NodeState::Stream& stream);
[[nodiscard]] Json app_json(const NodeState::App& app);
[[nodiscard]] Json plan_json(const NodeState& state);
[[nodiscard]] Json plan_record_json(const PlanRecord& record);
[[nodiscard]] Json event_json(const EventRecord& event);  // the line of docs/formats.md

// Why the app reports no event now; empty while one is open.
[[nodiscard]] std::string why_no_event(const NodeState::App& app);

// Why the node is not ready; empty when it is: the store takes records, a stream is up and an app is planned,
// where there are any.
[[nodiscard]] std::vector<std::string> not_ready(const NodeState& state, const StoreState& store);

}  // namespace mainstream
