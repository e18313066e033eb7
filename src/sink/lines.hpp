// What the sinks write of a record.
#pragma once

#include <string>

#include "mainstream/store.hpp"

namespace mainstream {

// A line of JSON with its newline (docs/formats.md).
[[nodiscard]] inline std::string line_of(const StoredEvent& stored) {
  return to_json_line(stored.event) + "\n";
}

}  // namespace mainstream
