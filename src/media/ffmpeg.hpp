// Wraps FFmpeg for this folder: its headers, an owner for each handle, its errors as Error. Nothing outside
// src/media includes this.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

#include "mainstream/error.hpp"
#include "mainstream/media.hpp"

namespace mainstream {

// Larger pictures are refused: as RGB, 16384 x 16384 takes 800 MB.
inline constexpr int kMaxPictureSide = 16384;

struct FfmpegDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
  void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
  void operator()(AVDictionary* options) const { av_dict_free(&options); }
};
using FramePtr = std::unique_ptr<AVFrame, FfmpegDeleter>;
using PacketPtr = std::unique_ptr<AVPacket, FfmpegDeleter>;
using CodecPtr = std::unique_ptr<AVCodecContext, FfmpegDeleter>;
using FormatPtr = std::unique_ptr<AVFormatContext, FfmpegDeleter>;
using ScalerPtr = std::unique_ptr<SwsContext, FfmpegDeleter>;
using DictionaryPtr = std::unique_ptr<AVDictionary, FfmpegDeleter>;

// Owns the handle; throws std::bad_alloc for null, which FFmpeg's allocating functions return.
template <typename T>
[[nodiscard]] std::unique_ptr<T, FfmpegDeleter> owned(T* handle) {
  if (handle == nullptr) throw std::bad_alloc();
  return std::unique_ptr<T, FfmpegDeleter>(handle);
}

// Allocates a frame of this format and size, with rows aligned for SIMD.
[[nodiscard]] FramePtr allocate_frame(AVPixelFormat format, int width, int height);

// FFmpeg's text for an error code ("No such file or directory").
[[nodiscard]] std::string ffmpeg_text(int code);

// Sends FFmpeg's messages to our log (debug), without passwords. Call it before any other use of FFmpeg.
void redirect_ffmpeg_log();

[[nodiscard]] Picture make_picture(FramePtr frame);
[[nodiscard]] const AVFrame& frame_of(const Picture& picture);

}  // namespace mainstream
