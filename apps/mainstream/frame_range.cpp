#include "frame_range.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "mainstream/error.hpp"

namespace mainstream {

FrameRange parse_frames(const std::string& text) {
  FrameRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec == std::errc() && std::string_view(first.ptr, end).starts_with("..")) {
    const auto last = std::from_chars(first.ptr + 2, end, range.last);
    if (last.ec == std::errc() && last.ptr == end) return range;
  }
  throw Error(ErrorKind::usage, fmt::format("--frames '{}': expected FIRST..LAST, like 398..794", text));
}

}  // namespace mainstream
