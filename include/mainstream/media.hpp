// Pictures, files and cameras, decoded; and the one path from a picture to a network's input,
// the same for training and for running.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "mainstream/input_spec.hpp"
#include "mainstream/media_time.hpp"

namespace mainstream {

// One decoded picture: immutable, cheap to copy (the pixels are shared), may pass between threads. Pixels
// stay in the decoder's format until they are scaled.
class Picture {
 public:
  [[nodiscard]] int width() const;
  [[nodiscard]] int height() const;

 private:
  friend struct PictureAccess;  // internal to src/media
  struct Pixels;
  explicit Picture(std::shared_ptr<const Pixels> pixels) : pixels_(std::move(pixels)) {}
  std::shared_ptr<const Pixels> pixels_;
};

// Reads JPEG, PNG, BMP, WebP and other still pictures that FFmpeg knows. EXIF orientation is not applied.
// Throws unreadable or untrusted, naming the file. Pictures are at most 16384 x 16384.
[[nodiscard]] Picture read_picture(const std::filesystem::path& path);
[[nodiscard]] Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& source);

// A picture from 8-bit RGB, row by row, `rgb.size() == width * height * 3`.
[[nodiscard]] Picture picture_from_rgb(int width, int height, std::span<const std::uint8_t> rgb);

struct VideoInfo {
  int width = 0, height = 0;
  double fps = 0;           // frames per second from the stream; 0 if unknown
  std::int64_t frames = 0;  // from the container; 0 if unknown
};

struct VideoFrame {
  std::int64_t index = 0;  // from 0, in the order of display
  MediaTime time{};        // time since the first frame
  Picture picture;
};

// Reads a file or a network stream from the start. One thread at a time.
class VideoReader {
 public:
  // `url` is a path or anything FFmpeg opens. Blocking network calls end when `stop` is requested (throws
  // failed while opening) or when no data comes for 15 seconds (throws unreadable). Throws unreadable or
  // untrusted (no video stream, broken header), naming the url without its password.
  explicit VideoReader(const std::string& url, std::stop_token stop = {});
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  [[nodiscard]] const VideoInfo& info() const;

  // The next frame; nothing at the end or when stopped. Frames that cannot be decoded are skipped and
  // counted. At the end, after the last frame, throws once: untrusted when no frame could be decoded,
  // unreadable when the stream broke off (a lost camera, a disk error).
  [[nodiscard]] std::optional<VideoFrame> next();

  [[nodiscard]] std::int64_t undecodable() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The changes that turn a picture into a training view. The default changes nothing.
struct View {
  // The part of the picture in use, as fractions of width and height.
  double left = 0, top = 0, width = 1, height = 1;
  bool flip = false;                                   // left to right
  float brightness = 0, contrast = 1, saturation = 1;  // on 0..255: ((x - 128) * contrast + 128) + brightness
};

// Turns pictures into network inputs. Keeps its scaling context for pictures of one size, so use one object
// per stream. One thread at a time.
class InputScaler {
 public:
  explicit InputScaler(const InputSpec& spec);
  ~InputScaler();
  InputScaler(InputScaler&&) noexcept;
  InputScaler& operator=(InputScaler&&) noexcept;

  [[nodiscard]] std::size_t size() const;  // 3 * height * width

  // Writes [3, height, width] floats; out.size() == size().
  void scale(const Picture& picture, std::span<float> out, const View& view = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mainstream
