#include "event/frame_parts.hpp"

#include <fmt/format.h>

#include "mainstream/error.hpp"

namespace mainstream {

std::string to_string(const std::vector<FrameRange>& parts) {
  std::string text;
  for (const FrameRange& part : parts) {
    text += fmt::format("{}{}..{}", text.empty() ? "" : ",", part.first, part.last);
  }
  return text;
}

void check_parts(const std::vector<FrameRange>& parts, std::int64_t frames) {
  std::int64_t next = 0;
  for (const FrameRange& part : parts) {
    if (part.first < next || part.first > part.last || part.last >= frames) {
      throw Error(
          ErrorKind::usage,
          fmt::format("frames {}: expected parts that ascend, within 0..{}, the frames that have labels",
                      to_string(parts), frames - 1));
    }
    next = part.last + 1;
  }
}

}  // namespace mainstream
