// Details of the event file's format (docs/formats.md); mainstream/event.hpp has what its users need.
#pragma once

#include <string>
#include <string_view>

#include "core/json_field.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

// `place` ("events.jsonl:12") begins every message. `app`, `start_frame` and `end_frame` must be there, what
// else is missing keeps its default; unknown fields are passed over. Throws untrusted.
[[nodiscard]] EventRecord parse_event_line(std::string_view line, const std::string& place);

// "2024-05-17T08:30:00.250Z"; years 0 to 9999.
[[nodiscard]] std::string to_string(WallTime time);

// The same back. Throws untrusted for another form.
[[nodiscard]] WallTime parse_time(const JsonField& field);

}  // namespace mainstream
