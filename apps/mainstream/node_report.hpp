// A running node for people.
#pragma once

#include <string>

#include "node/service.hpp"

namespace mainstream {

// "3/4 streams up, 41.9 of 56.0 fps, busy 310 of 1900 ms/s, 12 events, mqtt is behind by 3"
[[nodiscard]] std::string status_line(const ServiceState& state);

// What a node answers (docs/node.md, "status"), as tables. Throws untrusted for another text.
[[nodiscard]] std::string status_text(const std::string& json);

}  // namespace mainstream
