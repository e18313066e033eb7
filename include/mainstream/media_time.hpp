// Time in a stream.
#pragma once

#include <chrono>

namespace mainstream {

using MediaTime = std::chrono::microseconds;  // since the start of the stream
[[nodiscard]] inline double seconds(MediaTime time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace mainstream
