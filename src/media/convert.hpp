// Converts frames between pixel formats and sizes with swscale.
#pragma once

#include "media/ffmpeg.hpp"

namespace mainstream {

// Keeps its context while size and format stay the same. Not for two threads at once.
class Converter {
 public:
  // Scales the whole of `from` into the whole of `to`, whose memory is allocated. Shrinking averages over
  // areas, enlarging is bilinear. The source's colour matrix and range are respected; YUV written is BT.601
  // full range (as in JPEG). Throws unsupported.
  void run(const AVFrame& from, AVFrame& to);

 private:
  struct Key {
    int from_format = -1, from_width = 0, from_height = 0, to_format = -1, to_width = 0, to_height = 0;
    int colorspace = 0, range = 0;
    bool operator==(const Key&) const = default;
  };
  void prepare(const Key& key);

  Key key_;
  ScalerPtr context_;
};

// A copy of the frame in another pixel format.
[[nodiscard]] FramePtr convert(const AVFrame& frame, AVPixelFormat format);

}  // namespace mainstream
