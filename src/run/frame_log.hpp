// Every score of every app, as CSV (docs/formats.md, "Frame log").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/media.hpp"
#include "run/line_file.hpp"

namespace mainstream {

// One thread. Errors as LineFile's.
class FrameLog {
 public:
  explicit FrameLog(const std::filesystem::path& path);

  void add(const VideoFrame& frame, const std::string& app, float score, bool positive);
  void flush();  // at the end of a frame: writes its lines together

 private:
  LineFile file_;
  std::string lines_;
};

struct FrameAnswer {
  std::int64_t frame = 0;
  std::string app;
  double score = 0;
  bool positive = false;
};

// All scores of a file, in its order. Throws unreadable, or untrusted with file and row (the header is row
// 0).
[[nodiscard]] std::vector<FrameAnswer> read_frame_log(const std::filesystem::path& path);

}  // namespace mainstream
