#include "media/stream_time.hpp"

#include <algorithm>

namespace mainstream {
namespace {

// Frames may come a little out of order; a larger step back means that the camera's clock restarted.
constexpr MediaTime kMaxStepBack = std::chrono::seconds(1);
constexpr MediaTime kMaxStamp = std::chrono::hours(24 * 365 * 1000);  // leaves room to subtract

}  // namespace

MediaTime StreamTime::next(std::optional<MediaTime> stamp) {
  const MediaTime expected = last_ ? *last_ + step_ : MediaTime{};
  MediaTime time = expected;
  if (stamp && *stamp >= -kMaxStamp && *stamp <= kMaxStamp) {
    if (!origin_ || (last_ && *stamp - *origin_ < *last_ - kMaxStepBack)) origin_ = *stamp - expected;
    time = *stamp - *origin_;
  }
  last_ = std::max(time, last_.value_or(MediaTime{}));
  return *last_;
}

}  // namespace mainstream
