// How a node is, as JSON: one set of names for `mainstream node CONFIG status`, MQTT's `stats`, the control
// API and the plans in the store. docs/api.md tells the fields.
#pragma once

#include <string>

#include "core/json_field.hpp"
#include "node/service.hpp"

namespace mainstream {

[[nodiscard]] Json stream_json(const NodeState::Stream& stream);
// An app with what it does on each of its streams.
[[nodiscard]] Json app_json(const ServiceState::App& app, const NodeState& node);
// The plan in force, with what each app runs.
[[nodiscard]] Json plan_json(const NodeState& node);
[[nodiscard]] Json sink_json(const SinkState& sink);
[[nodiscard]] Json state_json(const ServiceState& state);

[[nodiscard]] Json text_or_null(const std::string& text);  // null for an empty one

}  // namespace mainstream
