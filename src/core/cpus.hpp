// The number of processors that this process may really use.
#pragma once

#include <filesystem>

namespace mainstream {

// Seconds of processor time per second: the smaller of the calling thread's affinity mask (which a cpuset
// narrows) and the quotas of this process's cgroup and of those above it; not the number of processors in the
// machine. `root` is the folder of proc and sys; tests set their own.
[[nodiscard]] double usable_cpu_time(const std::filesystem::path& root = "/");

// The same, rounded up.
[[nodiscard]] int usable_cpus(const std::filesystem::path& root = "/");

}  // namespace mainstream
