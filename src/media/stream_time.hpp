// Makes one time line from a stream's time stamps, which may be missing, wrong, or restart.
#pragma once

#include <optional>

#include "mainstream/media.hpp"

namespace mainstream {

class StreamTime {
 public:
  enum class Trust {
    stamps,    // what is read faster than it was taken: a file
    segments,  // a live stream many frames at a time: likewise, but stamps do not run ahead of the clock
    checked,   // a live stream: stamps are compared with the times of arrival
    arrival,   // a live stream whose stamps say nothing
  };

  // `step`: the time between two frames where nothing else gives it.
  StreamTime(MediaTime step, Trust trust) : step_(step), trust_(trust) {}

  // The time of the next frame since the first, from its stamp, if it has one, and from when it arrived, on
  // any clock that runs steadily. Never runs backwards.
  [[nodiscard]] MediaTime next(std::optional<MediaTime> stamp, MediaTime arrival);

  // What counts now: stamps that run at another speed than the clock are not followed any more.
  [[nodiscard]] Trust trust() const { return trust_; }

 private:
  struct Point {
    MediaTime arrival, time;
  };
  [[nodiscard]] bool follows(MediaTime stamped, MediaTime arrival) const;
  void check_speed(MediaTime arrival);

  const MediaTime step_;
  Trust trust_;
  std::optional<MediaTime> origin_;       // the stamp at time 0
  std::optional<Point> last_, compared_;  // compared_: since when stamps and clock are compared
};

}  // namespace mainstream
