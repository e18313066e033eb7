// The progress line of a run.
#pragma once

#include <cstdint>
#include <string>

#include "run/statistics.hpp"

namespace mainstream {

// "5.0 5.0 2.1 fps, 12 dropped, 431 ms/s busy": frame rates of the apps in their order, and busy time, since
// `before`; dropped frames since the start.
[[nodiscard]] std::string progress_note(const Statistics& now, const Statistics& before,
                                        std::int64_t dropped);

}  // namespace mainstream
