// FfmpegSource: opens bytes and format by the lists of the source's kind, then reads packets, decodes and
// times them.
#include "media/ffmpeg_source.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

extern "C" {
#include <libavutil/avstring.h>
}

#include <algorithm>
#include <cmath>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "core/log.hpp"
#include "media/byte_source.hpp"
#include "media/credentials.hpp"
#include "media/decoder.hpp"
#include "media/interruption.hpp"
#include "media/stream_time.hpp"

namespace mainstream {
namespace {

using Kind = SourceAddress::Kind;
using SystemTime = std::chrono::system_clock::time_point;

constexpr std::size_t kTypes = 64;  // frames whose types tell how a stream is made
constexpr double kMaxFps = 1000;    // a higher rate is a time base mistaken for one
// A camera's clock that differs more from ours is wrong: no network is that slow.
constexpr auto kMaxClockDifference = std::chrono::minutes(1);

ErrorKind kind_of(int code) {
  switch (code) {
    case AVERROR_INVALIDDATA:
    case AVERROR_EOF:  // ends within its header
      return ErrorKind::untrusted;
    case AVERROR(ENOMEM):
      return ErrorKind::failed;
    default:
      return ErrorKind::unreadable;
  }
}

void set(DictionaryPtr& options, const char* key, const char* value) {
  AVDictionary* raw = options.release();
  av_dict_set(&raw, key, value, 0);
  options.reset(raw);
}

DictionaryPtr protocol_options(Kind kind, const SourceOptions& source) {
  using Transport = SourceOptions::Transport;
  DictionaryPtr options;
  if (kind == Kind::rtsp) {
    set(options, "allowed_media_types", "video");
    // UDP loses packets on many networks, and a lost packet smears the picture.
    if (source.transport == Transport::automatic) set(options, "rtsp_flags", "prefer_tcp");
    if (source.transport == Transport::tcp) set(options, "rtsp_transport", "tcp");
    if (source.transport == Transport::udp) set(options, "rtsp_transport", "udp");
  }
  if (kind == Kind::device && source.fps > 0)
    set(options, "framerate", fmt::format("{}", source.fps).c_str());
  return options;
}

// The library of devices brings libraries for screens and sound, so it is loaded only when a device is asked
// for.
void load_devices(const std::string& shown) {
  const std::string name = fmt::format("libavdevice.so.{}", LIBAVFORMAT_VERSION_MAJOR);
  void* library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
  void* entry = library != nullptr ? ::dlsym(library, "avdevice_register_all") : nullptr;
  if (entry == nullptr) {
    throw Error(ErrorKind::unsupported,
                fmt::format("{}: a device needs FFmpeg's {} (Debian's package libavdevice{})", shown, name,
                            LIBAVFORMAT_VERSION_MAJOR));
  }
  reinterpret_cast<void (*)()>(entry)();
}

MediaTime steady_now() {
  return std::chrono::duration_cast<MediaTime>(std::chrono::steady_clock::now().time_since_epoch());
}

// Opened, and read from, in the order of the members.
class FfmpegSource : public FrameSource {
 public:
  FfmpegSource(const SourceAddress& address, const SourceOptions& options, std::stop_token stop)
      : address_(address), options_(options), interruption_(options.timeout, std::move(stop)) {
    redirect_ffmpeg_log();
    open();
    find_streams();
    choose_stream();
    describe();
  }

  [[nodiscard]] const VideoInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t undecodable() const override { return decoder_->undecodable(); }

  [[nodiscard]] bool timed_by_arrival() const override {
    return without_stamp_ || time_->trust() == StreamTime::Trust::arrival;
  }

  void leave_out_unneeded(bool leave_out) override {
    leaves_out_ = leave_out;
    left_out_ = left_out_ || leave_out;
    decoder_->skip_nonref(leave_out || options_.skip_nonref);
  }

  // B frames are the ones that no other needs, or nearly all of them are. Where a frame has no time stamp,
  // what was left out before it would not be seen.
  [[nodiscard]] double needed_share() const override {
    if (without_stamp_ || needed_.size() < kTypes) return 1;
    return static_cast<double>(std::ranges::count(needed_, true)) / static_cast<double>(needed_.size());
  }

  [[nodiscard]] std::optional<VideoFrame> next() override {
    interruption_.expect_within_timeout();
    while (!interruption_.stopped()) {
      if (FramePtr frame = decoder_->receive()) return wrap(std::move(frame));
      if (decoder_->ended()) break;
      feed();
    }
    conclude();
    return std::nullopt;
  }

 private:
  void open() {
    DictionaryPtr options = protocol_options(address_.kind, options_);
    const AVInputFormat* input_format = nullptr;
    if (address_.kind == Kind::device) load_devices(address_.shown);
    if (address_.has_one_format()) input_format = av_find_input_format(address_.formats.c_str());
    const std::string url = with_credentials(address_, options_.credentials);
    SourceAddress target = address_;
    target.url = url;
    if (address_.kind == Kind::pipe) bytes_ = open_pipe(url, interruption_);
    if (address_.kind == Kind::file || address_.kind == Kind::http || address_.kind == Kind::mpegts) {
      const int code = open_bytes(target, interruption_, options, bytes_);
      if (code < 0) fail(code, "cannot be opened as a video");
    }
    if (input_format == nullptr) input_format = recognised_format(url);
    open_format(url, input_format, options);
  }

  // By the first bytes and the name. Throws unless it is one that this kind of source may have.
  [[nodiscard]] const AVInputFormat* recognised_format(const std::string& url) {
    const AVInputFormat* found = nullptr;
    const int code = av_probe_input_buffer2(bytes_.get(), &found, url.c_str(), nullptr, 0, 0);
    if (code < 0) fail(code, "cannot be opened as a video");
    if (av_match_list(found->name, address_.formats.c_str(), ',') != 0) return found;
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: its format is {}, expected a video such as MP4, Matroska, AVI or MPEG-TS{}",
                            address_.shown, found->name, address_.kind == Kind::http ? ", or HLS" : ""));
  }

  void open_format(const std::string& url, const AVInputFormat* input_format, DictionaryPtr& options) {
    AVFormatContext* raw = avformat_alloc_context();
    if (raw == nullptr) throw std::bad_alloc();
    raw->interrupt_callback = interruption_.callback();
    raw->pb = bytes_.get();
    raw->protocol_whitelist = av_strdup(address_.protocols.c_str());
    raw->format_whitelist = av_strdup(address_.formats.c_str());
    if (address_.kind == Kind::device)
      raw->flags |= AVFMT_FLAG_NONBLOCK;  // its waits do not ask the interruption
    AVDictionary* raw_options = options.release();
    const int code = avformat_open_input(&raw, url.c_str(), input_format, &raw_options);
    options.reset(raw_options);
    if (code < 0) fail(code, "cannot be opened as a video");  // avformat_open_input has freed `raw`
    format_.reset(raw);
  }

  // To find out what the streams are, FFmpeg decodes, too.
  void find_streams() {
    std::vector<AVDictionary*> limits(format_->nb_streams, nullptr);
    for (std::size_t i = 0; i < limits.size(); ++i) {
      const AVCodecParameters& stream = *format_->streams[i]->codecpar;
      check_frame_size(address_.shown, stream.width, stream.height, options_.max_pixels);
      av_dict_set_int(&limits[i], "max_pixels", options_.max_pixels, 0);
    }
    // Where there is no rate to find, or it is known, the camera is opened sooner.
    if (made_up_stamps() || (address_.live && options_.fps > 0)) format_->fps_probe_size = 0;
    const int code = avformat_find_stream_info(format_.get(), limits.empty() ? nullptr : limits.data());
    for (AVDictionary* limit : limits) av_dict_free(&limit);
    if (code < 0 || interruption_.interrupts()) fail(code, "has no readable stream");
  }

  void choose_stream() {
    stream_ = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (stream_ < 0 || (av_stream()->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: has no video (its format is {})", address_.shown, format_->iformat->name));
    }
    for (unsigned i = 0; i < format_->nb_streams; ++i) {
      if (static_cast<int>(i) != stream_) format_->streams[i]->discard = AVDISCARD_ALL;
    }
    decoder_.emplace(*av_stream()->codecpar, address_.shown,
                     Decoder::Options{.strict = false,
                                      .skip_nonref = options_.skip_nonref,
                                      .hardware = options_.hardware,
                                      .max_pixels = options_.max_pixels});
  }

  void describe() {
    info_.width = av_stream()->codecpar->width;
    info_.height = av_stream()->codecpar->height;
    info_.frames = std::max<std::int64_t>(av_stream()->nb_frames, 0);
    info_.rereadable = address_.kind != Kind::pipe;
    const bool segments = std::string_view(format_->iformat->name) == "hls";
    const bool endless = format_->duration <= 0 && (segments || avio_size(bytes_.get()) <= 0);
    info_.live = address_.live || (address_.kind == Kind::http && endless);
    info_.in_bursts = info_.live && segments;
    const bool by_arrival = info_.live && made_up_stamps();
    const double fps = av_q2d(av_guess_frame_rate(format_.get(), av_stream(), nullptr));
    if (!by_arrival && std::isfinite(fps) && fps > 0 && fps <= kMaxFps) info_.fps = fps;
    if (has_given_rate()) info_.fps = options_.fps;
    using Trust = StreamTime::Trust;
    const Trust trust = by_arrival        ? Trust::arrival
                        : info_.in_bursts ? Trust::segments
                        : info_.live      ? Trust::checked
                                          : Trust::stamps;
    const double rate = info_.fps > 0 ? info_.fps : options_.fps;
    time_.emplace(MediaTime(rate > 0 ? std::llround(1e6 / rate) : 0), trust);
  }

  // Then frames are timed by their numbers.
  [[nodiscard]] bool has_given_rate() const { return !info_.live && options_.fps > 0; }

  // Formats without stamps get some at a rate that FFmpeg assumes.
  [[nodiscard]] bool made_up_stamps() const {
    return (format_->iformat->flags & AVFMT_NOTIMESTAMPS) != 0 ||
           std::string_view(format_->iformat->name) == "mpjpeg";
  }

  [[nodiscard]] AVStream* av_stream() const { return format_->streams[stream_]; }

  [[noreturn]] void fail(int code, const std::string& what) const {
    if (interruption_.stopped()) throw Error(ErrorKind::failed, address_.shown + ": stopped while opening");
    const ErrorKind kind = timed_out(code) ? ErrorKind::unreadable : kind_of(code);
    throw Error(kind, fmt::format("{}: {}: {}", address_.shown, what, reason(code)));
  }

  // A format may give what it holds after its bytes have timed out, so FFmpeg's code counts, too.
  [[nodiscard]] bool timed_out(int code) const { return code == AVERROR_EXIT || interruption_.timed_out(); }

  [[nodiscard]] std::string reason(int code) const {
    if (!timed_out(code)) return ffmpeg_text(code);
    const double seconds = std::chrono::duration<double>(interruption_.timeout()).count();
    return fmt::format("no picture came within {:.3g} s", seconds);
  }

  // Gives the decoder its next packet, or the end of the stream. A camera that sends only what cannot be
  // decoded is lost, too, so packets alone do not prolong the wait for a live picture.
  void feed() {
    if (!info_.live) interruption_.expect_within_timeout();
    const int code = interruption_.timed_out() ? AVERROR_EXIT : av_read_frame(format_.get(), packet_.get());
    if (code == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return;
    }
    if (code < 0) {
      if (code != AVERROR_EOF || interruption_.timed_out()) read_error_ = reason(code);
      decoder_->send(nullptr);
      return;
    }
    if (packet_->stream_index == stream_) {
      note_clock();
      decoder_->send(packet_.get());
    }
    av_packet_unref(packet_.get());
  }

  // RTCP sender reports relate a camera's stamps to its clock.
  void note_clock() {
    std::size_t size = 0;
    const std::uint8_t* data = av_packet_get_side_data(packet_.get(), AV_PKT_DATA_PRFT, &size);
    if (data == nullptr || size < sizeof(AVProducerReferenceTime) || packet_->pts == AV_NOPTS_VALUE) return;
    const auto* clock = reinterpret_cast<const AVProducerReferenceTime*>(data);
    clock_at_stamp_0_ = MediaTime(clock->wallclock) - in_us(packet_->pts);
  }

  [[nodiscard]] MediaTime in_us(std::int64_t stamp) const {
    return MediaTime(av_rescale_q(stamp, av_stream()->time_base, {1, 1000000}));
  }

  [[nodiscard]] VideoFrame wrap(FramePtr frame) {
    std::optional<MediaTime> stamp;
    if (frame->best_effort_timestamp != AV_NOPTS_VALUE) stamp = in_us(frame->best_effort_timestamp);
    without_stamp_ = without_stamp_ || !stamp;
    if (!leaves_out_) {
      needed_.push_back(frame->pict_type != AV_PICTURE_TYPE_B);
      if (needed_.size() > kTypes) needed_.pop_front();
    }
    const StreamTime::Trust trust = time_->trust();
    MediaTime time = time_->next(stamp, steady_now());
    if (has_given_rate()) time = time_at_rate(delivered_, options_.fps);
    if (time_->trust() != trust) {
      module_log("media").warn("{}: its time stamps run at a wrong speed; frames are timed by their arrival",
                               address_.shown);
    }
    return {delivered_++, time, make_picture(std::move(frame)), taken(stamp)};
  }

  [[nodiscard]] std::optional<SystemTime> taken(std::optional<MediaTime> stamp) const {
    if (!stamp || !clock_at_stamp_0_) return std::nullopt;
    const SystemTime time{std::chrono::duration_cast<SystemTime::duration>(*clock_at_stamp_0_ + *stamp)};
    if (std::chrono::abs(std::chrono::system_clock::now() - time) > kMaxClockDifference) return std::nullopt;
    return time;
  }

  // Reports errors once the last frame has been returned.
  void conclude() {
    if (concluded_ || interruption_.stopped()) return;
    concluded_ = true;
    const std::string why = decoder_->failure().empty() ? "" : ": " + decoder_->failure();
    if (!read_error_.empty()) {
      throw Error(ErrorKind::unreadable, fmt::format("{}: broke off after {} frames: {}{}", address_.shown,
                                                     delivered_, read_error_, why));
    }
    if (delivered_ == 0) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: not a single frame could be decoded{}", address_.shown, why));
    }
    if (info_.frames > delivered_ && !options_.skip_nonref && !left_out_) {
      module_log("media").warn("{}: its header says {} frames, but only {} could be read", address_.shown,
                               info_.frames, delivered_);
    }
  }

  const SourceAddress address_;
  const SourceOptions options_;
  Interruption interruption_;
  BytesPtr bytes_;  // unless the format opens them itself; outlives it
  FormatPtr format_;
  int stream_ = -1;
  std::optional<Decoder> decoder_;
  VideoInfo info_;
  const PacketPtr packet_ = owned(av_packet_alloc());

  std::int64_t delivered_ = 0;
  bool leaves_out_ = false, left_out_ = false;  // frames that no other needs: now, and ever
  bool without_stamp_ = false;
  std::deque<bool> needed_;  // of the latest frames, whether others may need them
  std::optional<StreamTime> time_;
  std::optional<MediaTime> clock_at_stamp_0_;  // the camera's, since 1970
  std::string read_error_;                     // what ended it before its end
  bool concluded_ = false;
};

}  // namespace

std::unique_ptr<FrameSource> open_ffmpeg_source(const SourceAddress& address, const SourceOptions& options,
                                                std::stop_token stop) {
  return std::make_unique<FfmpegSource>(address, options, std::move(stop));
}

}  // namespace mainstream
