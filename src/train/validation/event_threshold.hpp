// The threshold of a candidate that is measured on a clip of its camera.
#pragma once

#include <vector>

#include "event/replay.hpp"

namespace mainstream {

struct EventThreshold {
  float threshold = 0.5F;
  // Whether each frame is positive at the threshold that is chosen without the stretch of time in which it
  // lies: what the rule gives on frames that it has not seen.
  std::vector<bool> unseen;
};

// The threshold with the highest F1 of events, as the mean over the stream's rate and a quarter of it, each
// with its best votes, of those that take at most half of the frames outside of events for positive; events
// are few, so the middle of the range around it in which that stays nearly as high. For `unseen` the clip is
// cut into up to five stretches of as many events each, at the middles of the gaps between events. Throws
// usage for fewer than two events, of which nothing could be left out.
[[nodiscard]] EventThreshold choose_event_threshold(const Recording& recording);

}  // namespace mainstream
