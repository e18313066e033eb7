#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "core/file.hpp"
#include "media/convert.hpp"
#include "media/decoder.hpp"
#include "media/ffmpeg.hpp"
#include "media/memory_input.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxPictureBytes = std::uint64_t{256} << 20;

// Still pictures only: a "picture" must not turn out to be a playlist that opens other files.
constexpr const char* kPictureFormats =
    "jpeg_pipe,jpegls_pipe,png_pipe,bmp_pipe,webp_pipe,gif,gif_pipe,tiff_pipe,j2k_pipe,"
    "pam_pipe,pbm_pipe,pgm_pipe,ppm_pipe,qoi_pipe";

void check_size(int width, int height) {
  if (width < 1 || height < 1 || width > kMaxPictureSide || height > kMaxPictureSide) {
    throw Error(ErrorKind::usage, fmt::format("expected a picture with sides from 1 to {}, got {} x {}",
                                              kMaxPictureSide, width, height));
  }
}

[[noreturn]] void fail(const std::string& source, const std::string& what) {
  throw Error(ErrorKind::untrusted, fmt::format("{}: {}", source, what));
}

FormatPtr open_picture(MemoryInput& input, const std::string& source) {
  AVFormatContext* format = avformat_alloc_context();
  if (format == nullptr) throw std::bad_alloc();
  format->pb = input.context();
  format->format_whitelist = av_strdup(kPictureFormats);
  // Takes ownership of `format`, also when it fails. No file name: it could decide the format.
  const int code = avformat_open_input(&format, "", nullptr, nullptr);
  if (code < 0) fail(source, "not a picture that can be read; expected JPEG, PNG, BMP or WebP");
  FormatPtr opened(format);
  if (opened->nb_streams != 1) fail(source, "not a still picture");
  return opened;
}

// The first decoded frame; null when there is none.
FramePtr first_frame(AVFormatContext* format, Decoder& decoder) {
  const PacketPtr packet = owned(av_packet_alloc());
  bool more = true;
  while (!decoder.ended()) {
    if (FramePtr frame = decoder.receive()) return frame;
    if (!more) break;
    more = av_read_frame(format, packet.get()) >= 0;
    decoder.send(more ? packet.get() : nullptr);
    av_packet_unref(packet.get());
  }
  return decoder.ended() ? nullptr : decoder.receive();
}

Picture decode(std::span<const std::uint8_t> bytes, const std::string& source, std::int64_t max_pixels) {
  redirect_ffmpeg_log();
  if (bytes.empty()) fail(source, "is empty; expected a picture");
  MemoryInput input(bytes);
  const FormatPtr format = open_picture(input, source);
  const AVCodecParameters& parameters = *format->streams[0]->codecpar;
  // FFmpeg's strict TIFF decoder refuses tags that it does not know.
  const bool strict = parameters.codec_id != AV_CODEC_ID_TIFF;
  Decoder decoder(parameters, source, {.strict = strict, .max_pixels = max_pixels});
  FramePtr frame = first_frame(format.get(), decoder);
  if (!frame) fail(source, fmt::format("the picture is damaged: {}", decoder.failure()));
  return make_picture(std::move(frame));
}

}  // namespace

struct Picture::Pixels {
  FramePtr frame;
};

struct PictureAccess {
  static Picture make(FramePtr frame) {
    return Picture(std::make_shared<const Picture::Pixels>(Picture::Pixels{std::move(frame)}));
  }
  static const AVFrame& frame(const Picture& picture) { return *picture.pixels_->frame; }
};

int Picture::width() const {
  return pixels_->frame->width;
}
int Picture::height() const {
  return pixels_->frame->height;
}

std::size_t Picture::bytes() const {
  std::size_t bytes = 0;
  for (const AVBufferRef* buffer : pixels_->frame->buf) bytes += buffer != nullptr ? buffer->size : 0;
  return bytes;
}

std::uint64_t fingerprint(const Picture& picture) {
  const AVFrame& frame = frame_of(picture);
  const int row_bytes =
      std::max(0, av_image_get_linesize(static_cast<AVPixelFormat>(frame.format), frame.width, 0));
  std::uint64_t hash =
      static_cast<std::uint64_t>(frame.width) << 32 | static_cast<std::uint32_t>(frame.height);
  for (int y = 0; y < frame.height; y += 4) {
    const std::uint8_t* row = frame.data[0] + std::ptrdiff_t{y} * frame.linesize[0];
    const std::string_view bytes(reinterpret_cast<const char*>(row), static_cast<std::size_t>(row_bytes));
    hash = hash * 0x9E3779B97F4A7C15U + std::hash<std::string_view>{}(bytes);
  }
  return hash;
}

std::vector<std::uint8_t> luma_of(const Picture& picture, int width, int height) {
  const FramePtr grey = allocate_frame(AV_PIX_FMT_GRAY8, width, height);
  Converter().run(frame_of(picture), *grey);
  std::vector<std::uint8_t> luma;
  luma.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = grey->data[0] + std::ptrdiff_t{y} * grey->linesize[0];
    luma.insert(luma.end(), row, row + width);
  }
  return luma;
}

Picture make_picture(FramePtr frame) {
  return PictureAccess::make(std::move(frame));
}

const AVFrame& frame_of(const Picture& picture) {
  return PictureAccess::frame(picture);
}

Picture read_picture(const std::filesystem::path& path) {
  return read_picture(path, std::int64_t{kMaxPictureSide} * kMaxPictureSide);
}

Picture read_picture(const std::filesystem::path& path, std::int64_t max_pixels) {
  const std::string bytes = read_file(path, kMaxPictureBytes);
  return decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, path.string(),
                max_pixels);
}

Picture decode_picture(std::span<const std::uint8_t> bytes, const std::string& source) {
  return decode(bytes, source, std::int64_t{kMaxPictureSide} * kMaxPictureSide);
}

Picture picture_from_rgb(int width, int height, std::span<const std::uint8_t> rgb) {
  check_size(width, height);
  const std::size_t row = static_cast<std::size_t>(width) * 3;
  if (rgb.size() != row * static_cast<std::size_t>(height)) {
    throw Error(ErrorKind::usage, fmt::format("expected {} bytes for a picture of {} x {}, got {}",
                                              row * height, width, height, rgb.size()));
  }
  FramePtr frame = allocate_frame(AV_PIX_FMT_RGB24, width, height);
  for (int y = 0; y < height; ++y) {
    std::memcpy(frame->data[0] + std::ptrdiff_t{y} * frame->linesize[0], rgb.data() + y * row, row);
  }
  return make_picture(std::move(frame));
}

std::vector<std::uint8_t> to_rgb(const Picture& picture) {
  const FramePtr rgb = convert(frame_of(picture), AV_PIX_FMT_RGB24);
  const std::size_t row = static_cast<std::size_t>(picture.width()) * 3;
  std::vector<std::uint8_t> bytes(row * static_cast<std::size_t>(picture.height()));
  for (int y = 0; y < picture.height(); ++y) {
    std::memcpy(bytes.data() + y * row, rgb->data[0] + std::ptrdiff_t{y} * rgb->linesize[0], row);
  }
  return bytes;
}

}  // namespace mainstream
