// Schedules from files.
#pragma once

#include <filesystem>
#include <vector>

#include "mainstream/planning.hpp"

namespace mainstream {

// Reads a schedule (docs/formats.md, "Schedule") for the apps of a mix of one stem. For each app it reads id,
// candidate (else branchpoint or frozen, for the first candidate there), fps, votes and number types. Throws
// unreadable, or untrusted with the field: an app that the mix does not have or that is missing, a candidate
// that its package does not have, a frame rate out of range, number types that are not possible, alone or
// together.
[[nodiscard]] std::vector<Setting> read_schedule(const std::filesystem::path& path, const Mix& mix,
                                                 Mode mode);

}  // namespace mainstream
