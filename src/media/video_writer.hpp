// Writes pictures as a video.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "mainstream/media.hpp"

namespace mainstream {

// H.264 where this FFmpeg has libx264, else Motion JPEG, which each FFmpeg has; the file's ending decides the
// container (".mp4", ".mkv", ".avi"). The same pictures give the same frames again. One thread at a time.
class VideoWriter {
 public:
  // `fps` frames per second; sides are even, since colour has half the resolution. Throws usage, or storage
  // when the file cannot be made.
  VideoWriter(const std::filesystem::path& path, int width, int height, double fps);
  // Without finish(), leaves no file.
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  // A picture of another size is scaled. Throws storage.
  void add(const Picture& picture);

  // Writes what is left; the file then exists. Throws storage. Call it once, last.
  void finish();

  [[nodiscard]] const char* codec() const;  // "libx264", "mjpeg"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mainstream
