// What frames come from, behind an interface, so that tests of cameras can give their own.
#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "mainstream/media.hpp"

namespace mainstream {

// An opened source. The contract is VideoReader's. One thread at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  [[nodiscard]] virtual const VideoInfo& info() const = 0;
  [[nodiscard]] virtual std::optional<VideoFrame> next() = 0;
  [[nodiscard]] virtual std::int64_t undecodable() const = 0;

  // Whether times of frames are those at which they come, and tell nothing of when they were taken.
  [[nodiscard]] virtual bool timed_by_arrival() const { return false; }

  // From the next frame on, leaves out frames that no other needs, or gives all again. Indices then count
  // what comes. A source without such frames ignores it.
  virtual void leave_out_unneeded(bool) {}
  // The share of the latest frames that would come then, as far as they tell; 1 where that is not known.
  [[nodiscard]] virtual double needed_share() const { return 1; }
};

// Of a frame of a source whose frames come evenly.
[[nodiscard]] inline MediaTime time_at_rate(std::int64_t index, double fps) {
  return MediaTime(std::llround(1e6 * static_cast<double>(index) / fps));
}

// Opens what `source` names. Throws as VideoReader's constructor does.
[[nodiscard]] std::unique_ptr<FrameSource> open_source(const std::string& source,
                                                       const SourceOptions& options, std::stop_token stop);

}  // namespace mainstream
