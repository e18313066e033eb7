// The network's input as it stands in prepared bases and in manifests (docs/formats.md).
#pragma once

#include "core/json.hpp"
#include "mainstream/input_spec.hpp"

namespace mainstream {

[[nodiscard]] Json input_to_json(const InputSpec& input);

// Throws untrusted, naming the field.
[[nodiscard]] InputSpec parse_input(const JsonField& field);

// The words that stand for them ("rgb", "stretch").
[[nodiscard]] std::string to_string(InputSpec::Channels channels);
[[nodiscard]] std::string to_string(InputSpec::Resize resize);

}  // namespace mainstream
