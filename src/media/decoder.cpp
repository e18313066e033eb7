#include "media/decoder.hpp"

#include <fmt/format.h>

namespace mainstream {

Decoder::Decoder(const AVCodecParameters& parameters, const std::string& source, bool strict) {
  if (parameters.width > kMaxPictureSide || parameters.height > kMaxPictureSide) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: expected a picture of at most {} x {}, got {} x {}", source, kMaxPictureSide,
                            kMaxPictureSide, parameters.width, parameters.height));
  }
  const AVCodec* implementation = avcodec_find_decoder(parameters.codec_id);
  if (implementation == nullptr) {
    throw Error(ErrorKind::unsupported, fmt::format("{}: this FFmpeg has no decoder for {}", source,
                                                    avcodec_get_name(parameters.codec_id)));
  }
  codec_ = owned(avcodec_alloc_context3(implementation));
  int code = avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->thread_count = 1;
  codec_->max_pixels = std::int64_t{kMaxPictureSide} * kMaxPictureSide;
  if (strict) codec_->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER | AV_EF_EXPLODE;
  if (code >= 0) code = avcodec_open2(codec_.get(), implementation, nullptr);
  if (code < 0) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: the {} decoder refuses its header: {}", source,
                                                  implementation->name, ffmpeg_text(code)));
  }
}

void Decoder::send(const AVPacket* packet) {
  const int code = avcodec_send_packet(codec_.get(), packet);
  if (code < 0 && code != AVERROR_EOF) count_failure(code);
}

FramePtr Decoder::receive() {
  FramePtr frame = owned(av_frame_alloc());
  for (;;) {
    const int code = avcodec_receive_frame(codec_.get(), frame.get());
    if (code == AVERROR(EAGAIN)) return nullptr;
    if (code == AVERROR_EOF) {
      ended_ = true;
      return nullptr;
    }
    if (code >= 0 && frame->width <= kMaxPictureSide && frame->height <= kMaxPictureSide) return frame;
    count_failure(code >= 0 ? AVERROR_INVALIDDATA : code);
    if (code == AVERROR(ENOMEM)) throw std::bad_alloc();
  }
}

void Decoder::count_failure(int code) {
  ++undecodable_;
  failure_ = ffmpeg_text(code);
}

}  // namespace mainstream
