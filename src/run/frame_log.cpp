#include "run/frame_log.hpp"

#include <fmt/format.h>

namespace mainstream {
namespace {

// RFC 4180: a field with a separator, a quote or a line end is put in quotes.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace

FrameLog::FrameLog(const std::filesystem::path& path) : file_(path) {
  file_.append("frame,seconds,app,score,positive\n");
}

void FrameLog::add(const VideoFrame& frame, const std::string& app, float score, bool positive) {
  lines_ += fmt::format("{},{:.6f},{},{:.6f},{:d}\n", frame.index, seconds(frame.time), csv_field(app), score,
                        positive);
}

void FrameLog::flush() {
  file_.append(lines_);
  lines_.clear();
}

}  // namespace mainstream
