// Unlabelled pictures from folders and videos, in a fixed order.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "mainstream/distill.hpp"
#include "mainstream/media.hpp"

namespace mainstream {

// The list of pictures that can be read; nothing is decoded before each().
class PictureSource {
 public:
  // Throws usage for a path that does not exist.
  explicit PictureSource(const DistillOptions& options);

  // Upper limit of the number of pictures; each() skips files that are not pictures.
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(files_.size()) + video_frames_; }

  // Names and sizes of everything, to recognise the same source again.
  [[nodiscard]] const std::string& description() const { return description_; }

  // Calls `use` with each picture from number `first` on and its number (0 .. size() - 1), until it returns
  // false.
  void each(std::int64_t first, const std::function<bool(std::int64_t, const Picture&)>& use) const;

 private:
  void add_files(const std::filesystem::path& path);

  std::vector<std::filesystem::path> files_;
  std::vector<DistillVideo> videos_;
  std::int64_t step_;
  std::int64_t video_frames_ = 0;
  std::string description_;
};

}  // namespace mainstream
