#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "core/log.hpp"
#include "media/decoder.hpp"
#include "media/ffmpeg.hpp"
#include "media/stream_time.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

using std::chrono::steady_clock;

// A camera that is silent for this long counts as lost.
constexpr auto kPatience = std::chrono::seconds(15);
constexpr double kMaxFps = 1000;  // a higher rate is a time base mistaken for one

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

// A path may contain what looks like a protocol ("12:30.avi").
std::string as_ffmpeg_url(const std::string& url) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(url, ignored)) return "file:" + url;
  return url;
}

void set(DictionaryPtr& options, const char* key, const char* value) {
  AVDictionary* raw = options.release();
  av_dict_set(&raw, key, value, 0);
  options.reset(raw);
}

}  // namespace

// Opened, and read from, in the order of the members.
struct VideoReader::State {
  State(const std::string& url, std::stop_token stop_token)
      : shown_url(without_password(url)), stop(std::move(stop_token)) {
    redirect_ffmpeg_log();
    open(url);
    find_stream();
    describe();
  }

  void open(const std::string& url) {
    AVFormatContext* raw = avformat_alloc_context();
    if (raw == nullptr) throw std::bad_alloc();
    raw->interrupt_callback = {&State::interrupted, this};
    DictionaryPtr options;
    // UDP loses packets on many networks, and a lost packet smears the picture.
    if (url.starts_with("rtsp")) set(options, "rtsp_flags", "prefer_tcp");
    deadline = steady_clock::now() + kPatience;
    AVDictionary* raw_options = options.release();
    const int code = avformat_open_input(&raw, as_ffmpeg_url(url).c_str(), nullptr, &raw_options);
    options.reset(raw_options);
    if (code < 0) fail(code, "cannot be opened as a video");  // avformat_open_input has freed `raw`
    format.reset(raw);
    // FFmpeg reads any text as a picture made of letters.
    if (std::string_view(format->iformat->name) == "tty") fail(AVERROR_INVALIDDATA, "is text, not a video");
    const int found = avformat_find_stream_info(format.get(), nullptr);
    if (found < 0) fail(found, "has no readable stream");
  }

  void find_stream() {
    stream = av_find_best_stream(format.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (stream < 0 || (av_stream()->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: has no video (its format is {})", shown_url, format->iformat->name));
    }
    for (unsigned i = 0; i < format->nb_streams; ++i) {
      if (static_cast<int>(i) != stream) format->streams[i]->discard = AVDISCARD_ALL;
    }
    decoder.emplace(*av_stream()->codecpar, shown_url, /*strict=*/false);
  }

  void describe() {
    info.width = av_stream()->codecpar->width;
    info.height = av_stream()->codecpar->height;
    const double fps = av_q2d(av_guess_frame_rate(format.get(), av_stream(), nullptr));
    if (std::isfinite(fps) && fps > 0 && fps <= kMaxFps) info.fps = fps;
    info.frames = std::max<std::int64_t>(av_stream()->nb_frames, 0);
    time.emplace(MediaTime(info.fps > 0 ? std::llround(1e6 / info.fps) : 0));
  }

  [[nodiscard]] AVStream* av_stream() const { return format->streams[stream]; }

  // FFmpeg calls this repeatedly while it waits.
  static int interrupted(void* self) {
    const auto& state = *static_cast<const State*>(self);
    return state.stop.stop_requested() || steady_clock::now() > state.deadline ? 1 : 0;
  }

  [[noreturn]] void fail(int code, const std::string& what) const {
    if (stop.stop_requested()) throw Error(ErrorKind::failed, shown_url + ": stopped while opening");
    const std::string reason =
        code == AVERROR_EXIT ? fmt::format("got no data for {} s", kPatience.count()) : ffmpeg_text(code);
    throw Error(kind_of(code), fmt::format("{}: {}: {}", shown_url, what, reason));
  }

  // Gives the decoder its next packet, or the end of the stream.
  void feed() {
    deadline = steady_clock::now() + kPatience;
    const int code = av_read_frame(format.get(), packet.get());
    if (code == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return;
    }
    if (code < 0) {
      if (code != AVERROR_EOF) read_error = code;
      decoder->send(nullptr);
      return;
    }
    if (packet->stream_index == stream) decoder->send(packet.get());
    av_packet_unref(packet.get());
  }

  // Reports errors once the last frame has been returned.
  void conclude() {
    if (concluded || stop.stop_requested()) return;
    concluded = true;
    if (read_error < 0) fail(read_error, fmt::format("broke off after {} frames", delivered));
    if (delivered == 0) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: not a single frame could be decoded{}{}", shown_url,
                              decoder->failure().empty() ? "" : ": ", decoder->failure()));
    }
    if (info.frames > delivered) {
      module_log("media")->warn("{}: its header says {} frames, but only {} could be read", shown_url,
                                info.frames, delivered);
    }
  }

  [[nodiscard]] VideoFrame wrap(FramePtr frame) {
    std::optional<MediaTime> stamp;
    if (frame->best_effort_timestamp != AV_NOPTS_VALUE) {
      stamp = MediaTime(av_rescale_q(frame->best_effort_timestamp, av_stream()->time_base, {1, 1000000}));
    }
    return {delivered++, time->next(stamp), make_picture(std::move(frame))};
  }

  const std::string shown_url;
  const std::stop_token stop;
  steady_clock::time_point deadline;
  FormatPtr format;
  int stream = -1;
  std::optional<Decoder> decoder;
  VideoInfo info;
  const PacketPtr packet = owned(av_packet_alloc());

  std::int64_t delivered = 0;
  std::optional<StreamTime> time;
  int read_error = 0;
  bool concluded = false;
};

VideoReader::VideoReader(const std::string& url, std::stop_token stop)
    : state_(std::make_unique<State>(url, std::move(stop))) {}
VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const {
  return state_->info;
}
std::int64_t VideoReader::undecodable() const {
  return state_->decoder->undecodable();
}

std::optional<VideoFrame> VideoReader::next() {
  while (!state_->stop.stop_requested()) {
    if (FramePtr frame = state_->decoder->receive()) return state_->wrap(std::move(frame));
    if (state_->decoder->ended()) break;
    state_->feed();
  }
  state_->conclude();
  return std::nullopt;
}

}  // namespace mainstream
