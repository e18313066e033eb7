// Scheduling problems and schedules as JSON (docs/formats.md lists the fields).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mainstream/schedule_advice.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {

// Throws unreadable or untrusted (not JSON, a field missing or out of range, an unknown field), naming file
// and field. The result is valid (see validate).
[[nodiscard]] Problem read_problem(const std::filesystem::path& path);
[[nodiscard]] Problem parse_problem(std::string_view text, const std::string& source);

[[nodiscard]] std::string to_json(const Problem& problem);

// The problem gives the names for the schedule's indices.
[[nodiscard]] std::string to_json(const Schedule& schedule, const Problem& problem);
// `problem` includes the newcomer.
[[nodiscard]] std::string to_json(const Admission& admission, const Problem& problem);

}  // namespace mainstream
