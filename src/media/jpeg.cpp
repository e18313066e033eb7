#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "media/convert.hpp"
#include "media/ffmpeg.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

// The usual meaning of JPEG quality is a percentage for the quantisation tables: 100 % at 50, 0 at 100.
// FFmpeg's scale of 8 leaves its tables as they are.
int quantiser(int quality) {
  const double percent = quality < 50 ? 5000.0 / quality : 200.0 - 2.0 * quality;
  return std::clamp(static_cast<int>(std::lround(percent * 8 / 100)), 1, 31);
}

FramePtr to_encode(const AVFrame& frame, int longest_side) {
  const int longest = std::max(frame.width, frame.height);
  if (longest_side <= 0 || longest <= longest_side) return convert(frame, AV_PIX_FMT_YUVJ420P);
  const double factor = static_cast<double>(longest_side) / longest;
  const auto side = [&](int length) { return std::max(1, static_cast<int>(std::lround(length * factor))); };
  FramePtr scaled = allocate_frame(AV_PIX_FMT_YUVJ420P, side(frame.width), side(frame.height));
  Converter().run(frame, *scaled);
  return scaled;
}

}  // namespace

std::vector<std::uint8_t> encode_jpeg(const Picture& picture, int quality, int longest_side) {
  if (quality < 1 || quality > 100) {
    throw Error(ErrorKind::usage, fmt::format("expected a JPEG quality from 1 to 100, got {}", quality));
  }
  const FramePtr frame = to_encode(frame_of(picture), longest_side);
  const AVCodec* implementation = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (implementation == nullptr) throw Error(ErrorKind::unsupported, "this FFmpeg cannot write JPEG");

  const CodecPtr codec = owned(avcodec_alloc_context3(implementation));
  codec->width = frame->width;
  codec->height = frame->height;
  codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
  codec->color_range = AVCOL_RANGE_JPEG;
  codec->time_base = {1, 1};
  codec->thread_count = 1;
  codec->flags |= AV_CODEC_FLAG_QSCALE;
  codec->qmin = 1;
  codec->global_quality = quantiser(quality) * FF_QP2LAMBDA;
  frame->quality = codec->global_quality;
  frame->pts = 0;

  const PacketPtr packet = owned(av_packet_alloc());
  int code = avcodec_open2(codec.get(), implementation, nullptr);
  if (code >= 0) code = avcodec_send_frame(codec.get(), frame.get());
  if (code >= 0) code = avcodec_send_frame(codec.get(), nullptr);
  if (code >= 0) code = avcodec_receive_packet(codec.get(), packet.get());
  if (code < 0) throw Error(ErrorKind::failed, "cannot encode a JPEG: " + ffmpeg_text(code));
  return {packet->data, packet->data + packet->size};
}

}  // namespace mainstream
