// Camera: the decoder thread, its pace and its counts.
#include "run/camera.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <vector>

#include "mainstream/error.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

// Frames decoded ahead of an analysis that wants all of them: enough to keep both threads busy.
constexpr std::size_t kDecodedAhead = 4;
constexpr int kSampleFrames = 10;
// A file may state that its next frame is an hour away; a stop should not wait for it.
constexpr auto kLongestSleep = std::chrono::milliseconds(50);

double thread_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

bool is_file(const std::string& source) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(source.starts_with("file:") ? source.substr(5) : source, ignored);
}

}  // namespace

Camera::Camera(Options options, Clock& clock, std::stop_token stop)
    : options_(std::move(options)),
      clock_(clock),
      stopped_from_outside_(std::move(stop), RequestStop{stop_}),
      reader_(options_.source, stop_.get_token()),
      info_(reader_.info()),
      recorded_(is_file(options_.source) || info_.frames > 0),
      fps_(options_.stream_fps > 0 ? options_.stream_fps : info_.fps),
      queue_(options_.pace == Pace::live ? 1 : kDecodedAhead,
             options_.pace == Pace::live ? WhenFull::drop_oldest : WhenFull::wait) {
  const std::string shown = without_password(options_.source);
  if (fps_ <= 0) {
    throw Error(ErrorKind::usage, fmt::format("{}: states no frame rate; give one (--stream-fps)", shown));
  }
  if (options_.frames.first > 0 && !recorded_) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: only a file has a part to choose (--frames), this is a live source", shown));
  }
  const std::int64_t stated = info_.frames;
  if (stated > 0 && options_.frames.first >= stated) {
    throw Error(ErrorKind::usage, fmt::format("{}: expected frames within 0..{}, got {}..{}", shown,
                                              stated - 1, options_.frames.first, options_.frames.last));
  }
}

Camera::~Camera() {
  stop();
}

CameraSample Camera::sample() const {
  if (!recorded_) {
    const int width = std::max(info_.width, 16), height = std::max(info_.height, 16);
    const std::vector<std::uint8_t> grey(static_cast<std::size_t>(3) * width * height, 127);
    return {picture_from_rgb(width, height, grey), std::nullopt};
  }
  VideoReader reader(options_.source, stop_.get_token());
  const double start = thread_cpu_ms();
  std::optional<VideoFrame> frame;
  int decoded = 0;
  while (decoded < kSampleFrames) {
    auto next = reader.next();
    if (!next) break;
    frame = std::move(next);
    ++decoded;
  }
  if (!frame) throw Error(ErrorKind::failed, without_password(options_.source) + ": stopped");
  return {frame->picture, (thread_cpu_ms() - start) / decoded};
}

std::int64_t Camera::expected_frames() const {
  if (info_.frames == 0) return 0;
  std::int64_t frames = std::min(options_.frames.last, info_.frames - 1) - options_.frames.first + 1;
  if (options_.duration_s) {
    frames = std::min(frames, static_cast<std::int64_t>(std::ceil(*options_.duration_s * fps_)));
  }
  return frames;
}

void Camera::start() {
  thread_ = std::jthread([this] { decode(); });
}

std::optional<CameraFrame> Camera::next() {
  return queue_.pop();
}

void Camera::stop() {
  stop_.request_stop();
  queue_.close();
}

std::exception_ptr Camera::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

CameraCounts Camera::counts() const {
  const MutexLock lock(mutex_);
  CameraCounts counts = counts_;
  counts.dropped = static_cast<std::int64_t>(queue_.dropped());
  return counts;
}

void Camera::decode() {
  try {
    deliver_all();
  } catch (...) {
    const MutexLock lock(mutex_);
    failure_ = std::current_exception();
  }
  queue_.close();
}

void Camera::deliver_all() {
  while (auto frame = decode_next()) {
    if (frame->index < options_.frames.first) continue;
    if (frame->index > options_.frames.last) return;
    if (!first_time_) {
      first_time_ = frame->time;
      started_ = clock_.now();
    }
    const std::chrono::duration<double> played = frame->time - *first_time_;
    if (options_.duration_s && played.count() >= *options_.duration_s) {
      const MutexLock lock(mutex_);
      counts_.duration_over = true;
      return;
    }
    if (recorded_ && options_.pace == Pace::live) wait_until_due(*frame);
    if (stop_.stop_requested() || !queue_.push({std::move(*frame), clock_.now()})) return;
    const MutexLock lock(mutex_);
    ++counts_.delivered;
  }
  if (!first_time_ && !stop_.stop_requested()) {
    throw Error(ErrorKind::usage, fmt::format("{}: ends before frame {}", without_password(options_.source),
                                              options_.frames.first));
  }
}

std::optional<VideoFrame> Camera::decode_next() {
  const double start = thread_cpu_ms();
  auto frame = reader_.next();
  const double took = thread_cpu_ms() - start;
  if (frame && recorded_ && options_.stream_fps > 0) {
    frame->time = MediaTime(std::llround(1e6 * static_cast<double>(frame->index) / options_.stream_fps));
  }
  const MutexLock lock(mutex_);
  counts_.undecodable = reader_.undecodable();
  if (frame) counts_.decode_ms.add(took);
  return frame;
}

void Camera::wait_until_due(const VideoFrame& frame) {
  const Clock::Time due = started_ + (frame.time - *first_time_);
  while (!stop_.stop_requested() && clock_.now() < due) {
    clock_.sleep_until(std::min(due, clock_.now() + kLongestSleep));
  }
}

}  // namespace mainstream
