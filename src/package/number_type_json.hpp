// Reads and writes number types and activation ranges in prepared bases and manifests (docs/formats.md).
#pragma once

#include "core/json_field.hpp"
#include "mainstream/number_type.hpp"

namespace mainstream {

[[nodiscard]] Json ranges_to_json(const Ranges& ranges);

// Throw untrusted, naming the field.
[[nodiscard]] NumberType parse_number_type(const JsonField& field);
[[nodiscard]] Ranges parse_ranges(const JsonField& field);

}  // namespace mainstream
