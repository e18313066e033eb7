#include "run/spared_decoding.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {
namespace {

// Frames are left out where what comes is that much more than needed; all come again when it is hardly
// enough.
constexpr double kAmple = 1.25, kHardly = 1.05;
constexpr MediaTime kKeptTime = std::chrono::seconds(4);  // to measure what comes
// Frames that make a mean: some ten seconds, the memory of other costs.
constexpr int kRemembered = 200;

}  // namespace

void SparedDecoding::Mean::add(double took) {
  frames = std::min(frames + 1, kRemembered);
  ms += (took - ms) / frames;
}

void SparedDecoding::decoded(double ms, MediaTime time) {
  (on_substream_ ? of_substream_ : leaves_out_ ? kept_ : all_).add(ms);
  if (leaves_out_) measure_kept(time);
}

void SparedDecoding::measure_kept(MediaTime time) {
  if (!kept_since_) {
    kept_since_ = time;
    kept_frames_ = 0;
    return;
  }
  ++kept_frames_;
  const MediaTime passed = time - *kept_since_;
  if (passed < kKeptTime) return;
  kept_fps_ = kept_frames_ / seconds(passed);
  kept_since_.reset();
}

void SparedDecoding::set_stream(double fps, double needed_share, int pixels) {
  fps_ = fps;
  needed_share_ = needed_share;
  pixels_ = pixels;
}

void SparedDecoding::begin(bool leaves_out, bool on_substream) {
  leaves_out_ = leaves_out;
  on_substream_ = on_substream;
  kept_since_.reset();
}

double SparedDecoding::kept_fps() const {
  return kept_fps_.value_or(needed_share_ * fps_);
}

// The rates at which frames are left out.
double SparedDecoding::served_fps(const CameraNeed& need) const {
  if (needed_share_ >= 1) return 0;
  const double ample = kept_fps() / kAmple;
  return leaves_out_ && kHardly * need.fps <= kept_fps() ? std::max(ample, need.fps) : ample;
}

bool SparedDecoding::may_leave_out(const CameraNeed& need) const {
  return !on_substream_ && need.fps <= served_fps(need);
}

bool SparedDecoding::substream_suffices(const CameraNeed& need) const {
  if (!std::isfinite(need.fps)) return false;
  if (!substream_) return true;
  return substream_->fps >= need.fps && substream_->width >= need.width && substream_->height >= need.height;
}

std::vector<DecodingWay> SparedDecoding::ways(const CameraNeed& need, bool with_substream) const {
  std::vector<DecodingWay> ways;
  if (all_.frames == 0) return ways;
  CameraNeed least = need;
  least.fps = 0;
  if (with_substream && substream_ && substream_suffices(least)) {
    const double share = pixels_ > 0 ? substream_->width * substream_->height / pixels_ : 1;
    const double ms = of_substream_.frames > 0 ? of_substream_.ms : all_.ms * share;
    ways.push_back({substream_->fps, ms * substream_->fps});
  }
  const double served = served_fps(need);
  if (served > (ways.empty() ? 0 : ways.back().fps)) {
    const double ms = kept_.frames > 0 ? kept_.ms : all_.ms;
    ways.push_back({served, ms * kept_fps()});
  }
  ways.push_back({.ms_per_s = all_.ms * fps_});
  return ways;
}

}  // namespace mainstream
