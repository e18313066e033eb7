#include "media/video_writer.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/file.hpp"
#include "media/convert.hpp"
#include "media/ffmpeg.hpp"

namespace mainstream {
namespace {

// Quality of H.264 from 0 (exact) to 51: 18 is near what the eye takes for exact.
constexpr const char* kH264Quality = "18";
// Motion JPEG's quantiser, 1 (best) to 31.
constexpr int kJpegQuantiser = 3;
constexpr double kMaxWrittenFps = 1000;

struct OutputDeleter {
  void operator()(AVFormatContext* format) const {
    if (format->pb != nullptr) avio_closep(&format->pb);
    avformat_free_context(format);
  }
};
using OutputPtr = std::unique_ptr<AVFormatContext, OutputDeleter>;

const AVCodec* best_encoder() {
  const AVCodec* h264 = avcodec_find_encoder_by_name("libx264");
  const AVCodec* encoder = h264 != nullptr ? h264 : avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (encoder == nullptr) throw Error(ErrorKind::unsupported, "this FFmpeg cannot write video");
  return encoder;
}

void check_video(int width, int height, double fps) {
  const auto fits = [](int side) { return side >= 2 && side <= kMaxPictureSide && side % 2 == 0; };
  if (!fits(width) || !fits(height)) {
    throw Error(ErrorKind::usage, fmt::format("expected a video with even sides from 2 to {}, got {} x {}",
                                              kMaxPictureSide, width, height));
  }
  if (!(fps > 0 && fps <= kMaxWrittenFps)) {
    throw Error(ErrorKind::usage, fmt::format("expected above 0 and at most {} frames per second, got {}",
                                              kMaxWrittenFps, fps));
  }
}

CodecPtr open_encoder(int width, int height, AVRational rate, bool header_apart) {
  const AVCodec* encoder = best_encoder();
  CodecPtr codec = owned(avcodec_alloc_context3(encoder));
  codec->width = width;
  codec->height = height;
  codec->pix_fmt = AV_PIX_FMT_YUVJ420P;  // what Converter writes: full range
  codec->color_range = AVCOL_RANGE_JPEG;
  codec->colorspace = AVCOL_SPC_SMPTE170M;
  codec->time_base = av_inv_q(rate);
  codec->framerate = rate;
  codec->thread_count = 1;  // several threads give other bytes
  codec->max_b_frames = 0;
  if (header_apart) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* options = nullptr;
  if (encoder->id == AV_CODEC_ID_H264) {
    av_dict_set(&options, "preset", "veryfast", 0);
    av_dict_set(&options, "crf", kH264Quality, 0);
  } else {
    codec->flags |= AV_CODEC_FLAG_QSCALE;
    codec->global_quality = kJpegQuantiser * FF_QP2LAMBDA;
  }
  const int code = avcodec_open2(codec.get(), encoder, &options);
  av_dict_free(&options);
  if (code < 0) {
    throw Error(ErrorKind::unsupported, fmt::format("cannot write video of {} x {} with {}: {}", width,
                                                    height, encoder->name, ffmpeg_text(code)));
  }
  return codec;
}

}  // namespace

struct VideoWriter::State {
  State(const std::filesystem::path& path, int width, int height, double fps) : target(path), file(path) {
    redirect_ffmpeg_log();
    check_video(width, height, fps);
    const AVOutputFormat* container = av_guess_format(nullptr, path.c_str(), nullptr);
    if (container == nullptr) {
      throw Error(ErrorKind::usage, fmt::format("{}: expected a video's ending, like .mp4", path.string()));
    }
    AVFormatContext* raw = nullptr;
    check(avformat_alloc_output_context2(&raw, container, nullptr, nullptr));
    output.reset(raw);
    codec = open_encoder(width, height, av_d2q(fps, 1000000), (container->flags & AVFMT_GLOBALHEADER) != 0);
    stream = avformat_new_stream(output.get(), nullptr);
    if (stream == nullptr) throw std::bad_alloc();
    check(avcodec_parameters_from_context(stream->codecpar, codec.get()));
    stream->time_base = codec->time_base;
    stream->avg_frame_rate = codec->framerate;
    frame = allocate_frame(codec->pix_fmt, width, height);
    frame->color_range = codec->color_range;
    frame->colorspace = codec->colorspace;
    check(avio_open(&output->pb, ("file:" + file.path().string()).c_str(), AVIO_FLAG_WRITE));
    check(avformat_write_header(output.get(), nullptr));
  }

  void check(int code) const {
    if (code >= 0) return;
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot be written: {}", target.string(), ffmpeg_text(code)));
  }

  // Null: no frame follows.
  void encode(const AVFrame* next) {
    check(avcodec_send_frame(codec.get(), next));
    for (;;) {
      const int code = avcodec_receive_packet(codec.get(), packet.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      check(code);
      packet->duration = 1;
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      packet->stream_index = stream->index;
      check(av_interleaved_write_frame(output.get(), packet.get()));  // takes the packet's data over
    }
  }

  const std::filesystem::path target;
  TemporaryFile file;
  OutputPtr output;
  CodecPtr codec;
  AVStream* stream = nullptr;  // output's
  FramePtr frame;
  const PacketPtr packet = owned(av_packet_alloc());
  Converter converter;
  std::int64_t frames = 0;
};

VideoWriter::VideoWriter(const std::filesystem::path& path, int width, int height, double fps)
    : state_(std::make_unique<State>(path, width, height, fps)) {}
VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const Picture& picture) {
  if (av_frame_make_writable(state_->frame.get()) < 0) throw std::bad_alloc();
  state_->converter.run(frame_of(picture), *state_->frame);
  state_->frame->pts = state_->frames++;
  state_->frame->quality = state_->codec->global_quality;
  state_->encode(state_->frame.get());
}

void VideoWriter::finish() {
  state_->encode(nullptr);
  state_->check(av_write_trailer(state_->output.get()));
  state_->check(avio_closep(&state_->output->pb));
  state_->file.commit();
}

const char* VideoWriter::codec() const {
  return state_->codec->codec->name;
}

}  // namespace mainstream
