#include "media/convert.hpp"

#include <fmt/format.h>

namespace mainstream {
namespace {

// Keeps chroma at full resolution up to the output, and rounds independently of the processor's SIMD, so that
// a model sees the same values on every machine.
constexpr int kFlags = SWS_AREA | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_ACCURATE_RND | SWS_BITEXACT;

const char* format_name(int format) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  return name != nullptr ? name : "unknown";
}

}  // namespace

void Converter::run(const AVFrame& from, AVFrame& to) {
  const Key key{from.format, from.width, from.height,     to.format,
                to.width,    to.height,  from.colorspace, from.color_range};
  if (!context_ || key != key_) prepare(key);
  const int rows = sws_scale(context_.get(), from.data, from.linesize, 0, from.height, to.data, to.linesize);
  if (rows != to.height) throw Error(ErrorKind::failed, "cannot scale a picture: " + ffmpeg_text(rows));
}

void Converter::prepare(const Key& key) {
  redirect_ffmpeg_log();
  context_.reset(sws_getContext(key.from_width, key.from_height, static_cast<AVPixelFormat>(key.from_format),
                                key.to_width, key.to_height, static_cast<AVPixelFormat>(key.to_format),
                                kFlags, nullptr, nullptr, nullptr));
  if (!context_) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("cannot scale a picture from {} x {} {} to {} x {} {}", key.from_width, key.from_height,
                    format_name(key.from_format), key.to_width, key.to_height, format_name(key.to_format)));
  }
  int* inverse_table = nullptr;
  int* table = nullptr;
  int from_range = 0, to_range = 0, brightness = 0, contrast = 0, saturation = 0;
  // Fails for formats without YUV, which have nothing to set.
  if (sws_getColorspaceDetails(context_.get(), &inverse_table, &from_range, &table, &to_range, &brightness,
                               &contrast, &saturation) >= 0) {
    if (key.range == AVCOL_RANGE_JPEG) from_range = 1;
    if (key.range == AVCOL_RANGE_MPEG) from_range = 0;
    const int matrix = key.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : key.colorspace;
    sws_setColorspaceDetails(context_.get(), sws_getCoefficients(matrix), from_range,
                             sws_getCoefficients(SWS_CS_DEFAULT), 1, brightness, contrast, saturation);
  }
  key_ = key;
}

FramePtr convert(const AVFrame& frame, AVPixelFormat format) {
  FramePtr converted = allocate_frame(format, frame.width, frame.height);
  Converter().run(frame, *converted);
  return converted;
}

}  // namespace mainstream
