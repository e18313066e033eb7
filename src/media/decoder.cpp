#include "media/decoder.hpp"

#include <fmt/format.h>

extern "C" {
#include <libavutil/hwcontext.h>
}

#include <utility>

#include "core/log.hpp"

namespace mainstream {
namespace {

// FFmpeg compares its limit with widths that are rounded up.
constexpr std::int64_t kAlignment = 64;

// Why a frame of this size may not be decoded; empty if it may.
std::string size_fault(int width, int height, std::int64_t max_pixels) {
  if (width > kMaxPictureSide || height > kMaxPictureSide) {
    return fmt::format("expected a picture of at most {} x {}, got {} x {}", kMaxPictureSide, kMaxPictureSide,
                       width, height);
  }
  const std::int64_t pixels = std::int64_t{width} * height;
  if (pixels <= max_pixels) return {};
  return fmt::format("expected a picture of at most {} pixels, got {} x {} = {}", max_pixels, width, height,
                     pixels);
}

}  // namespace

void check_frame_size(const std::string& source, int width, int height, std::int64_t max_pixels) {
  const std::string fault = size_fault(width, height, max_pixels);
  if (!fault.empty()) throw Error(ErrorKind::untrusted, source + ": " + fault);
}

Decoder::Decoder(const AVCodecParameters& parameters, std::string source, const Options& options)
    : source_(std::move(source)), max_pixels_(options.max_pixels) {
  check_frame_size(source_, parameters.width, parameters.height, options.max_pixels);
  const AVCodec* implementation = avcodec_find_decoder(parameters.codec_id);
  if (implementation == nullptr) {
    throw Error(ErrorKind::unsupported, fmt::format("{}: this FFmpeg has no decoder for {}", source_,
                                                    avcodec_get_name(parameters.codec_id)));
  }
  codec_ = owned(avcodec_alloc_context3(implementation));
  int code = avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->thread_count = 1;
  codec_->max_pixels = max_pixels_ + kAlignment * kMaxPictureSide;
  if (options.strict) codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER | AV_EF_EXPLODE;
  skip_nonref(options.skip_nonref);
  if (options.hardware) try_hardware();
  if (code >= 0) code = avcodec_open2(codec_.get(), implementation, nullptr);
  if (code < 0) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: the {} decoder refuses its header: {}", source_,
                                                  implementation->name, ffmpeg_text(code)));
  }
}

// FFmpeg's default choice of a pixel format takes the hardware's when the codec has a device that can decode
// it.
void Decoder::try_hardware() {
  tell_hardware_ = true;
  const int code =
      av_hwdevice_ctx_create(&codec_->hw_device_ctx, AV_HWDEVICE_TYPE_VAAPI, nullptr, nullptr, 0);
  no_hardware_ = code < 0 ? "no VA-API device: " + ffmpeg_text(code)
                          : fmt::format("VA-API does not decode this {}", avcodec_get_name(codec_->codec_id));
}

void Decoder::skip_nonref(bool skip) {
  codec_->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

void Decoder::send(const AVPacket* packet) {
  const int code = avcodec_send_packet(codec_.get(), packet);
  if (code < 0 && code != AVERROR_EOF) count_failure(code);
}

FramePtr Decoder::receive() {
  FramePtr frame = owned(av_frame_alloc());
  for (;;) {
    int code = avcodec_receive_frame(codec_.get(), frame.get());
    if (code == AVERROR(EAGAIN)) return nullptr;
    if (code == AVERROR_EOF) {
      ended_ = true;
      return nullptr;
    }
    if (code >= 0 && size_fault(frame->width, frame->height, max_pixels_).empty()) {
      if (FramePtr readable = from_hardware(std::move(frame))) return readable;
      frame = owned(av_frame_alloc());
      continue;
    }
    count_failure(code);
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
  }
}

// The frame itself if it is in memory already; null, counted, when it cannot be fetched.
FramePtr Decoder::from_hardware(FramePtr frame) {
  const bool in_hardware = frame->hw_frames_ctx != nullptr;
  if (std::exchange(tell_hardware_, false)) {
    if (in_hardware) module_log("media").info("{}: is decoded by VA-API", source_);
    if (!in_hardware) module_log("media").warn("{}: is decoded in software: {}", source_, no_hardware_);
  }
  if (!in_hardware) return frame;
  FramePtr copy = owned(av_frame_alloc());
  int code = av_hwframe_transfer_data(copy.get(), frame.get(), 0);
  if (code >= 0) code = av_frame_copy_props(copy.get(), frame.get());
  if (code >= 0) return copy;
  count_failure(code);
  return nullptr;
}

void Decoder::count_failure(int code) {
  ++undecodable_;
  const std::string fault = size_fault(codec_->width, codec_->height, max_pixels_);
  failure_ = fault.empty() ? ffmpeg_text(code) : fault;
}

}  // namespace mainstream
