// Reads and writes the network's input in prepared bases and manifests (docs/formats.md).
#pragma once

#include "core/json_field.hpp"
#include "mainstream/input_spec.hpp"

namespace mainstream {

[[nodiscard]] Json input_to_json(const InputSpec& input);

// Throws untrusted, naming the field.
[[nodiscard]] InputSpec parse_input(const JsonField& field);

// Their words in files ("rgb", "stretch").
[[nodiscard]] std::string to_string(InputSpec::Channels channels);
[[nodiscard]] std::string to_string(InputSpec::Resize resize);

}  // namespace mainstream
