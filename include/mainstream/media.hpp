// Pictures, files and cameras, decoded; and the one path from a picture to a network's input,
// the same for training and for running.
#pragma once

#include <chrono>
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
  [[nodiscard]] std::size_t bytes() const;  // memory that its pixels take

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

// How a source is read. docs/running.md, "Sources", lists the sources.
struct SourceOptions {
  enum class Transport { automatic, tcp, udp };  // automatic: TCP, or UDP where the camera has no TCP

  Transport transport = Transport::automatic;  // of RTSP
  // A source that gives no picture for this long, while it is opened or read, counts as lost.
  std::chrono::milliseconds timeout = std::chrono::seconds(15);
  // Frames per second: of a folder of pictures; of a file, instead of what it states; of a camera, as
  // expected. 0: as the source states it.
  double fps = 0;
  bool loop = false;      // Camera: what has an end begins again there
  bool hardware = false;  // decodes by VA-API where that works, else in software with a warning
  bool skip_nonref =
      false;  // leaves out frames that no other needs: about half of them, if the encoder makes such
  std::int64_t max_pixels = std::int64_t{7680} * 4320;  // width * height; larger pictures are refused
  // Camera: a live source that shows exactly the same picture for this long is opened again, once; 0: never.
  std::chrono::milliseconds same_picture = std::chrono::minutes(5);
  // A file of lines "HOST[:PORT] USER PASSWORD" for urls without a user, readable by its owner alone. Empty:
  // the file that the environment variable MAINSTREAM_CREDENTIALS names, if any.
  std::filesystem::path credentials;

  bool operator==(const SourceOptions&) const = default;
};

struct VideoInfo {
  int width = 0, height = 0;
  double fps = 0;           // frames per second from the stream; 0 if unknown
  std::int64_t frames = 0;  // from the container; 0 if unknown
  bool live = false;        // frames come when they are taken, without an end; else as fast as they are read
  bool in_bursts = false;   // live, but many frames at a time (the segments of HLS): they can be held back
  bool rereadable = true;   // it can be opened a second time and gives the same frames
};

struct VideoFrame {
  std::int64_t index = 0;  // from 0, in the order of display
  MediaTime time{};        // time since the first frame
  Picture picture;
  // When a camera took it, by the camera's clock (RTSP with RTCP reports), if that is plausible.
  std::optional<std::chrono::system_clock::time_point> taken = {};
};

// Reads a source from its start to its end: a file, a network stream, a device, a folder of pictures,
// standard input ("-") or a test picture. One thread at a time.
class VideoReader {
 public:
  // Blocking calls end when `stop` is requested (throws failed while opening) or when no picture comes for
  // `options.timeout` (throws unreadable). Throws usage (not the form of a source), unreadable or untrusted
  // (no video stream, broken header, a format that is not on the source's list, too many pixels), naming the
  // url without its password.
  explicit VideoReader(const std::string& url, std::stop_token stop = {});
  VideoReader(const std::string& url, const SourceOptions& options, std::stop_token stop = {});
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
  std::unique_ptr<class FrameSource> source_;
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
