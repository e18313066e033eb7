// A schedule that somebody else made.
#pragma once

#include <filesystem>
#include <vector>

#include "run/deployer.hpp"

namespace mainstream {

// Reads a schedule (docs/formats.md, "Schedule") for the apps of the mix; of each app counts id, branchpoint
// or frozen, fps, and the precisions. Throws unreadable, or untrusted, naming the field: an app that the mix
// does not have or that is missing, a candidate that its package does not have, a frame rate that is none,
// precisions that are not possible, or not together.
[[nodiscard]] std::vector<Setting> read_schedule(const std::filesystem::path& path, const AppMix& mix);

}  // namespace mainstream
