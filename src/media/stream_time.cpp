#include "media/stream_time.hpp"

#include <algorithm>

namespace mainstream {
namespace {

// Frames may come a little out of order; a larger step back means that the camera's clock restarted.
constexpr MediaTime kMaxStepBack = std::chrono::seconds(1);
// Networks delay frames, and deliver them in bursts; a larger difference between the stamps' step and the
// clock's means that the camera's clock was set, or stood still.
constexpr MediaTime kMaxDelay = std::chrono::seconds(10);
// A burst at the start must not look like a fast clock.
constexpr MediaTime kLongEnough = std::chrono::seconds(30);
constexpr double kMaxSpeed = 4.0 / 3;
constexpr MediaTime kMaxStamp = std::chrono::hours(24 * 365 * 1000);  // leaves room to subtract

}  // namespace

MediaTime StreamTime::next(std::optional<MediaTime> stamp, MediaTime arrival) {
  const bool by_clock = trust_ == Trust::checked || trust_ == Trust::arrival;
  MediaTime expected{};
  if (last_) expected = last_->time + (by_clock ? arrival - last_->arrival : step_);
  MediaTime time = expected;
  if (trust_ != Trust::arrival && stamp && *stamp >= -kMaxStamp && *stamp <= kMaxStamp) {
    if (!origin_ || !follows(*stamp - *origin_, arrival)) {
      // What was buffered while the stream was opened arrives at once.
      const MediaTime least = last_ ? last_->time + step_ : MediaTime{};
      origin_ = *stamp - std::max(expected, least);
      compared_.reset();
    }
    time = *stamp - *origin_;
  }
  if (last_) time = std::max(time, last_->time);
  last_ = Point{arrival, time};
  if (trust_ == Trust::checked) check_speed(arrival);
  return time;
}

bool StreamTime::follows(MediaTime stamped, MediaTime arrival) const {
  if (!last_) return true;
  if (stamped < last_->time - kMaxStepBack) return false;
  const MediaTime ahead = stamped - (last_->time + arrival - last_->arrival);  // of the clock
  switch (trust_) {
    case Trust::stamps:
      return true;
    case Trust::segments:
      return ahead <= kMaxDelay;
    default:
      return std::chrono::abs(ahead) <= kMaxDelay;
  }
}

void StreamTime::check_speed(MediaTime arrival) {
  if (!compared_) compared_ = last_;
  const MediaTime passed = arrival - compared_->arrival;
  if (passed < kLongEnough) return;
  const double speed = seconds(last_->time - compared_->time) / seconds(passed);
  if (speed > kMaxSpeed || speed < 1 / kMaxSpeed) trust_ = Trust::arrival;
  compared_ = last_;
}

}  // namespace mainstream
