#include "node/stream_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/log.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using std::chrono::milliseconds;

constexpr auto kFirstWait = milliseconds(500), kLongestWait = milliseconds(30'000);
// What decoding a frame takes where no frame was decoded yet: 768 x 576 on a small processor.
constexpr double kUsualDecodeMs = 3;

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

StreamFeed::StreamFeed(NodeStream stream, Receiver receiver, Clock& clock)
    : stream_(std::move(stream)),
      receiver_(std::move(receiver)),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StreamFeed::~StreamFeed() {
  thread_.request_stop();
  const MutexLock lock(mutex_);
  if (camera_ != nullptr) camera_->stop();
  changed_.notify_all();
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
  const MutexLock lock(mutex_);
  Counts counts = closed_;
  if (camera_ == nullptr) return counts;
  const CameraCounts now = camera_->counts();
  counts.frames += now.delivered;
  counts.undecodable += now.undecodable;
  counts.dropped += now.dropped;
  counts.decode_ms += now.decode_ms.total();
  return counts;
}

double StreamFeed::decoding() const {
  const Counts now = counts();
  const MutexLock lock(mutex_);
  if (!format_ || ended_) return 0;
  const double decode_ms =
      now.frames > 0 ? now.decode_ms / static_cast<double>(now.frames) : sample_decode_ms_;
  return decode_ms * format_->fps;
}

void StreamFeed::play() {
  const MutexLock lock(mutex_);
  planned_ = true;
  changed_.notify_all();
}

void StreamFeed::run(const std::stop_token& stop) {
  milliseconds pause = kFirstWait;
  while (!stop.stop_requested()) {
    const auto start = clock_.now();
    try {
      if (play_camera(stop)) break;
    } catch (const std::exception& error) {
      module_log("node")->warn("{}: {}", stream_.name, error.what());
      const MutexLock lock(mutex_);
      closed_.up = false;
      closed_.reason = error.what();
    }
    pause = clock_.now() - start > kLongestWait ? kFirstWait : std::min(2 * pause, kLongestWait);
    wait(pause, stop);
  }
  const MutexLock lock(mutex_);
  ended_ = !stop.stop_requested();
}

// Plays the camera to its end; whether it ended by itself.
bool StreamFeed::play_camera(const std::stop_token& stop) {
  Camera::Options options;
  options.source = stream_.source;
  options.input.fps = stream_.fps;
  Camera camera(options, clock_, stop);
  opened(camera);
  wait_until_planned(stop);
  camera.start();
  while (auto frame = camera.next()) hand_on(std::move(*frame));
  const std::exception_ptr failure = camera.failure();
  const std::string reason = failure ? text_of(failure) : "has ended";
  closed(camera, reason);
  if (stop.stop_requested()) return true;
  module_log("node")->log(failure ? spdlog::level::warn : spdlog::level::info, "{}: {}", stream_.name,
                          reason);
  return !failure;
}

void StreamFeed::opened(Camera& camera) {
  const CameraSample sample = camera.sample();
  const StreamFormat format{camera.fps(), sample.picture.width(), sample.picture.height()};
  module_log("node")->info("{}: {} x {} at {:.6g} fps", stream_.name, format.width, format.height,
                           format.fps);
  reopened_ = latest_arrival_.has_value();
  const MutexLock lock(mutex_);
  format_ = format;
  sample_decode_ms_ = sample.decode_ms.value_or(kUsualDecodeMs);
  ++closed_.opened;
  closed_.up = true;
  closed_.reason.clear();
  camera_ = &camera;
}

void StreamFeed::closed(const Camera& camera, const std::string& reason) {
  const CameraCounts last = camera.counts();
  const MutexLock lock(mutex_);
  camera_ = nullptr;
  closed_.frames += last.delivered;
  closed_.undecodable += last.undecodable;
  closed_.dropped += last.dropped;
  closed_.decode_ms += last.decode_ms.total();
  closed_.up = false;
  closed_.reason = reason;
}

// A camera that was opened again begins at 0: its frames come after those before, as much later as they are.
void StreamFeed::hand_on(CameraFrame frame) {
  if (std::exchange(reopened_, false)) {
    const auto later = std::chrono::duration_cast<MediaTime>(frame.arrived - *latest_arrival_);
    first_index_ = latest_index_ + 1 - frame.frame.index;
    first_time_ = latest_time_ + later - frame.frame.time;
  }
  frame.frame.index += first_index_;
  frame.frame.time += first_time_;
  latest_index_ = frame.frame.index;
  latest_time_ = frame.frame.time;
  latest_arrival_ = frame.arrived;
  receiver_(frame);
}

void StreamFeed::wait_until_planned(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  while (!planned_ && !stop.stop_requested()) changed_.wait(mutex_);
}

void StreamFeed::wait(milliseconds time, const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + time;
  const MutexLock lock(mutex_);
  while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
    changed_.wait_until(mutex_, until);
  }
}

}  // namespace mainstream
