#include "media/made_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "core/text.hpp"
#include "media/decoder.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> kPictureEndings = {
    ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".pam"};

std::vector<fs::path> pictures_in(const SourceAddress& address) {
  std::vector<fs::path> pictures;
  std::error_code failure;
  for (fs::directory_iterator entry(address.url, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string ending = ascii_lower(entry->path().extension().string());
    if (std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end()) {
      pictures.push_back(entry->path());
    }
  }
  if (failure || pictures.empty()) {
    throw Error(ErrorKind::unreadable,
                fmt::format("{}: cannot be opened as a video: {}", address.shown,
                            failure ? failure.message()
                                    : "the folder has no picture (JPEG, PNG, BMP, WebP, TIFF, PNM)"));
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

class PictureFolder : public FrameSource {
 public:
  PictureFolder(const SourceAddress& address, const SourceOptions& options, std::stop_token stop)
      : shown_(address.shown),
        max_pixels_(options.max_pixels),
        stop_(std::move(stop)),
        files_(pictures_in(address)) {
    if (options.fps <= 0) {
      throw Error(ErrorKind::usage, shown_ +
                                        ": a folder of pictures states no frame rate; give one "
                                        "(--stream-fps, or fps of a node's stream)");
    }
    info_.fps = options.fps;
    info_.frames = static_cast<std::int64_t>(files_.size());
    ahead_ = read_next();
    if (!ahead_)
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: none of {} pictures can be read: {}", shown_, files_.size(), failure_));
    info_.width = ahead_->width();
    info_.height = ahead_->height();
  }

  [[nodiscard]] const VideoInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t undecodable() const override { return undecodable_; }

  [[nodiscard]] std::optional<VideoFrame> next() override {
    if (stop_.stop_requested()) return std::nullopt;
    std::optional<Picture> picture = ahead_ ? std::exchange(ahead_, std::nullopt) : read_next();
    if (!picture) return std::nullopt;
    const std::int64_t index = delivered_++;
    return VideoFrame{index, time_at_rate(index, info_.fps), std::move(*picture)};
  }

 private:
  [[nodiscard]] std::optional<Picture> read_next() {
    while (next_ < files_.size() && !stop_.stop_requested()) {
      try {
        return read_picture(files_[next_++], max_pixels_);
      } catch (const Error& error) {
        failure_ = error.what();
        ++undecodable_;
        module_log("media").warn("{}; goes on with the next picture", failure_);
      }
    }
    return std::nullopt;
  }

  const std::string shown_;
  const std::int64_t max_pixels_;
  const std::stop_token stop_;
  const std::vector<fs::path> files_;
  std::size_t next_ = 0;
  std::optional<Picture> ahead_;
  VideoInfo info_;
  std::int64_t delivered_ = 0, undecodable_ = 0;
  std::string failure_;
};

class TestPicture : public FrameSource {
 public:
  TestPicture(const SourceAddress& address, const SourceOptions& options, std::stop_token stop)
      : stop_(std::move(stop)) {
    const TestPictureSpec spec = parse_test_picture(address.url);
    check_frame_size(address.shown, spec.width, spec.height, options.max_pixels);
    info_.width = spec.width;
    info_.height = spec.height;
    info_.fps = options.fps > 0 ? options.fps : spec.fps;
  }

  [[nodiscard]] const VideoInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t undecodable() const override { return 0; }

  [[nodiscard]] std::optional<VideoFrame> next() override {
    if (stop_.stop_requested()) return std::nullopt;
    const std::int64_t index = delivered_++;
    return VideoFrame{index, time_at_rate(index, info_.fps), paint(index)};
  }

 private:
  // Both motions repeat after a while, so that no index is too large for them.
  [[nodiscard]] Picture paint(std::int64_t index) const {
    const int width = info_.width, height = info_.height;
    FramePtr frame = allocate_frame(AV_PIX_FMT_YUVJ420P, width, height);
    for (int plane = 1; plane < 3; ++plane) {
      for (int y = 0; y < (height + 1) / 2; ++y) {
        std::fill_n(frame->data[plane] + std::ptrdiff_t{y} * frame->linesize[plane], (width + 1) / 2, 128);
      }
    }
    const int side = std::max(1, std::min(width, height) / 4);
    const int left = static_cast<int>(index * 3 % (width - side + 1));
    const int top = static_cast<int>(index * 2 % (height - side + 1));
    for (int y = 0; y < height; ++y) {
      std::uint8_t* row = frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0];
      for (int x = 0; x < width; ++x) row[x] = static_cast<std::uint8_t>(x + y + 255 - index % 256);
      if (y >= top && y < top + side) std::fill_n(row + left, side, 255);
    }
    return make_picture(std::move(frame));
  }

  const std::stop_token stop_;
  VideoInfo info_;
  std::int64_t delivered_ = 0;
};

}  // namespace

std::unique_ptr<FrameSource> open_picture_folder(const SourceAddress& address, const SourceOptions& options,
                                                 std::stop_token stop) {
  return std::make_unique<PictureFolder>(address, options, std::move(stop));
}

std::unique_ptr<FrameSource> open_test_picture(const SourceAddress& address, const SourceOptions& options,
                                               std::stop_token stop) {
  return std::make_unique<TestPicture>(address, options, std::move(stop));
}

}  // namespace mainstream
