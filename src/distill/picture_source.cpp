#include "distill/picture_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/log.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

PictureSource::PictureSource(const DistillOptions& options)
    : videos_(options.videos), step_(options.video_step) {
  if (step_ < 1)
    throw Error(ErrorKind::usage,
                fmt::format("step between a video's frames: expected at least 1, got {}", step_));
  for (const auto& path : options.images) add_files(path);
  std::sort(files_.begin(), files_.end());
  for (const auto& file : files_) {
    description_ += fmt::format("{} {}\n", file.string(), std::filesystem::file_size(file));
  }
  for (DistillVideo& video : videos_) {
    const std::int64_t frames = VideoReader(video.file).info().frames;
    if (!video.frames && frames == 0) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} does not state its number of frames; give a range of frames", video.file));
    }
    if (!video.frames) video.frames = FrameRange{0, frames - 1};
    video_frames_ += (video.frames->last - video.frames->first) / step_ + 1;
    description_ +=
        fmt::format("{} {}..{} by {}\n", video.file, video.frames->first, video.frames->last, step_);
  }
  if (size() == 0) throw Error(ErrorKind::usage, "no pictures in the given folders and videos");
}

void PictureSource::add_files(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw Error(ErrorKind::usage, fmt::format("{}: no such file or folder", path.string()));
  }
  if (!std::filesystem::is_directory(path)) {
    files_.push_back(path);
    return;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files_.push_back(entry.path());
  }
}

void PictureSource::each(std::int64_t first,
                         const std::function<bool(std::int64_t, const Picture&)>& use) const {
  std::int64_t number = 0;
  for (const auto& file : files_) {
    if (number++ < first) continue;
    std::optional<Picture> picture;
    try {
      picture = read_picture(file);
    } catch (const Error& error) {
      module_log("distill").warn("skipped: {}", error.what());
      continue;
    }
    if (!use(number - 1, *picture)) return;
  }
  for (const DistillVideo& video : videos_) {
    VideoReader reader(video.file);
    while (auto frame = reader.next()) {
      if (frame->index > video.frames->last) break;
      if (frame->index < video.frames->first || (frame->index - video.frames->first) % step_ != 0) continue;
      if (number++ < first) continue;
      if (!use(number - 1, frame->picture)) return;
    }
  }
}

}  // namespace mainstream
