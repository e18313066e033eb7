#include "node/stream_feed.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

// What decoding a frame takes where no frame was decoded yet: 768 x 576 on a small processor.
constexpr double kUsualDecodeMs = 3;
constexpr int kJpegQuality = 80, kLongestSide = 1280;  // of the newest picture

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

// Of a file; a camera tells when its frames come.
double decode_ms_of(const Camera& camera) {
  try {
    return camera.sample().decode_ms.value_or(kUsualDecodeMs);
  } catch (const Error&) {
    return kUsualDecodeMs;  // who reads its frames finds out, too
  }
}

}  // namespace

StreamFeed::StreamFeed(NodeStream stream, Receiver receiver, Clock& clock)
    : stream_(std::move(stream)),
      receiver_(std::move(receiver)),
      camera_(camera_options(), clock),
      thread_([this] { run(); }) {}

StreamFeed::~StreamFeed() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  camera_.stop();
}

Camera::Options StreamFeed::camera_options() {
  Camera::Options options;
  options.source = stream_.source;
  options.input = stream_.input;
  options.substream = stream_.substream;
  options.patient = true;
  options.connected = [this] { connected(); };
  return options;
}

std::optional<StreamFormat> StreamFeed::format() const {
  const MutexLock lock(mutex_);
  return format_;
}

bool StreamFeed::ended() const {
  const MutexLock lock(mutex_);
  return ended_;
}

StreamFeed::Counts StreamFeed::counts() const {
  const CameraState state = camera_.state();
  const CameraCounts now = camera_.counts();
  Counts counts;
  counts.up = state.phase == CameraState::Phase::up;
  if (state.phase == CameraState::Phase::connecting) counts.reason = "is being opened";
  if (state.phase == CameraState::Phase::down) counts.reason = state.reason;
  if (state.phase == CameraState::Phase::ended) {
    const std::exception_ptr failure = camera_.failure();
    counts.reason = failure ? text_of(failure) : "has ended";
  }
  counts.reconnects = state.reconnects;
  counts.frames = now.delivered;
  counts.undecodable = now.undecodable;
  counts.dropped = now.dropped;
  counts.decode_ms = now.decode_ms.total();
  counts.leaves_out = state.leaves_out;
  counts.on_substream = state.on_substream;
  return counts;
}

std::vector<DecodingWay> StreamFeed::decoding() const {
  std::vector<DecodingWay> ways = camera_.decoding();
  const MutexLock lock(mutex_);
  if (!format_ || ended_) return {};
  if (ways.empty()) ways.push_back({.ms_per_s = sample_decode_ms_ * format_->fps});
  return ways;
}

std::optional<std::string> StreamFeed::latest_jpeg() {
  const MutexLock encoding(encoding_);
  const std::optional<VideoFrame> newest = [&] {
    const MutexLock lock(mutex_);
    return newest_;
  }();
  if (!newest) return std::nullopt;
  if (encoded_ != newest->index) {
    const std::vector<std::uint8_t> jpeg = encode_jpeg(newest->picture, kJpegQuality, kLongestSide);
    jpeg_.assign(jpeg.begin(), jpeg.end());
    encoded_ = newest->index;
  }
  return jpeg_;
}

void StreamFeed::play() {
  const MutexLock lock(mutex_);
  planned_ = true;
  changed_.notify_all();
}

// In the camera's thread: what waits here gets no frames.
void StreamFeed::connected() {
  const VideoInfo info = camera_.state().info.value_or(VideoInfo{});
  const StreamFormat format{camera_.fps(), info.width, info.height};
  if (this->format() != format) {
    module_log("node").info("{}: {} x {} at {:.6g} fps", stream_.name, format.width, format.height,
                            format.fps);
    const double decode_ms = decode_ms_of(camera_);
    const MutexLock lock(mutex_);
    sample_decode_ms_ = decode_ms;
    format_ = format;
  }
  const MutexLock lock(mutex_);
  while (!planned_ && !stopping_) changed_.wait(mutex_);
}

void StreamFeed::run() {
  camera_.start();
  while (const auto frame = camera_.next()) {
    {
      const MutexLock lock(mutex_);
      newest_ = frame->frame;
    }
    receiver_(*frame);
  }
  const std::exception_ptr failure = camera_.failure();
  const MutexLock lock(mutex_);
  ended_ = !stopping_;
  if (stopping_) return;
  module_log("node").log(failure ? LogLevel::warn : LogLevel::info, "{}: {}", stream_.name,
                         failure ? text_of(failure) : "has ended");
}

}  // namespace mainstream
