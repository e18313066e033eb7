#include "media/ffmpeg.hpp"

#include <array>
#include <cstdarg>
#include <mutex>

#include "core/log.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

void forward_to_log(void* source, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING) return;  // lower levels can hold whole requests with their credentials
  std::array<char, 1024> line{};
  int print_prefix = 1;
  av_log_format_line2(source, level, format, arguments, line.data(), line.size(), &print_prefix);
  std::string text = without_password(line.data());
  while (text.ends_with('\n')) text.pop_back();
  module_log("media").debug("{}", text);
}

}  // namespace

FramePtr allocate_frame(AVPixelFormat format, int width, int height) {
  FramePtr frame = owned(av_frame_alloc());
  frame->format = format;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  return frame;
}

std::string ffmpeg_text(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

void redirect_ffmpeg_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(forward_to_log); });
}

}  // namespace mainstream
