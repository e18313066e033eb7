// Makes one time line of a stream's time stamps, which may be missing, odd, or begin anew.
#pragma once

#include <optional>

#include "mainstream/media.hpp"

namespace mainstream {

class StreamTime {
 public:
  // `step`: what lies between two frames where the stamps do not tell.
  explicit StreamTime(MediaTime step) : step_(step) {}

  // The time of the next frame since the first, from its stamp, if it has one. Never runs backwards.
  [[nodiscard]] MediaTime next(std::optional<MediaTime> stamp);

 private:
  const MediaTime step_;
  std::optional<MediaTime> last_, origin_;
};

}  // namespace mainstream
