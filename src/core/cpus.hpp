// The number of processors that this process may really use.
#pragma once

#include <filesystem>

namespace mainstream {

// At least 1: the smaller of the affinity mask (which a cpuset narrows) and the quotas of this process's
// cgroup and of those above it, rounded up; not the number of processors in the machine. `root` is the folder
// of proc and sys; tests set their own.
[[nodiscard]] int usable_cpus(const std::filesystem::path& root = "/");

}  // namespace mainstream
