// How many processors this process may really use.
#pragma once

namespace mainstream {

// At least 1: the smaller of the affinity mask and the cgroup's quota (rounded up), not the
// number of processors in the machine.
[[nodiscard]] int usable_cpus();

}  // namespace mainstream
