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

}  // namespace mainstream
