// Makes one time line from a stream's time stamps, which may be missing, wrong, or restart.
#pragma once

#include <optional>

#include "mainstream/media.hpp"

namespace mainstream {

class StreamTime {
 public:
  // `step`: the time between two frames where the stamps do not give it.
  explicit StreamTime(MediaTime step) : step_(step) {}

  // The time of the next frame since the first, from its stamp, if it has one. Never runs backwards.
  [[nodiscard]] MediaTime next(std::optional<MediaTime> stamp);

 private:
  const MediaTime step_;
  std::optional<MediaTime> last_, origin_;
};

}  // namespace mainstream
