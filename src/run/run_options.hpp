// Checks of a run's options that open nothing.
#pragma once

#include "mainstream/runner.hpp"

namespace mainstream {

// The options with the stream's name filled in. Throws usage, or storage for outputs that have no place.
[[nodiscard]] RunOptions checked(RunOptions options);

}  // namespace mainstream
