// VideoReader: opens what its source's name says.
#include <fmt/format.h>

#include <utility>

#include "mainstream/error.hpp"
#include "media/ffmpeg_source.hpp"
#include "media/frame_source.hpp"
#include "media/made_source.hpp"
#include "media/source_address.hpp"

namespace mainstream {
namespace {

void check(const SourceOptions& options) {
  using namespace std::chrono_literals;
  const auto refuse = [](const std::string& message) { throw Error(ErrorKind::usage, message); };
  if (options.timeout < 1ms || options.timeout > 24h) {
    refuse(fmt::format("the timeout of a source: expected 0.001 to 86400 s, got {} s",
                       std::chrono::duration<double>(options.timeout).count()));
  }
  if (!(options.fps >= 0 && options.fps <= 1000)) {
    refuse(
        fmt::format("the frame rate of a source: expected 0 to 1000 frames per second, got {}", options.fps));
  }
  if (options.max_pixels < 1 || options.max_pixels > std::int64_t{16384} * 16384) {
    refuse(fmt::format("the pixels of a picture: expected 1 to 268435456, got {}", options.max_pixels));
  }
}

}  // namespace

std::unique_ptr<FrameSource> open_source(const std::string& source, const SourceOptions& options,
                                         std::stop_token stop) {
  check(options);
  const SourceAddress address = parse_source(source);
  switch (address.kind) {
    case SourceAddress::Kind::pictures:
      return open_picture_folder(address, options, std::move(stop));
    case SourceAddress::Kind::test:
      return open_test_picture(address, options, std::move(stop));
    default:
      return open_ffmpeg_source(address, options, std::move(stop));
  }
}

VideoReader::VideoReader(const std::string& url, std::stop_token stop)
    : VideoReader(url, {}, std::move(stop)) {}
VideoReader::VideoReader(const std::string& url, const SourceOptions& options, std::stop_token stop)
    : source_(open_source(url, options, std::move(stop))) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const {
  return source_->info();
}
std::int64_t VideoReader::undecodable() const {
  return source_->undecodable();
}
std::optional<VideoFrame> VideoReader::next() {
  return source_->next();
}

}  // namespace mainstream
