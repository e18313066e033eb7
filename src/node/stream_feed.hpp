// One camera of a node: opens it, hands its frames on, and opens it again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/node.hpp"
#include "run/camera.hpp"

namespace mainstream {

// What planning needs to know of a stream.
struct StreamFormat {
  double fps = 0;
  int width = 0, height = 0;
  bool operator==(const StreamFormat&) const = default;
};

// A thread that keeps a camera open, and plays it from play() on. A camera that cannot be opened or breaks
// off is tried again after a while, longer each time; one that ends by itself (a file) is not. Its frames go
// on counting over that, in indices and in time. All members may be called from any thread.
class StreamFeed {
 public:
  using Receiver = std::function<void(const CameraFrame&)>;  // does not throw
  StreamFeed(NodeStream stream, Receiver receiver, Clock& clock);
  ~StreamFeed();  // ends the thread

  [[nodiscard]] const NodeStream& stream() const { return stream_; }
  // Nothing before the camera was open for the first time.
  [[nodiscard]] std::optional<StreamFormat> format() const;
  // What comes of the stream is planned: no frame of a file is played for nobody.
  void play();
  [[nodiscard]] bool ended() const;  // by itself: there will be no frame any more

  struct Counts {
    bool up = false;
    std::string reason = "is being opened";  // why it is not up
    std::int64_t opened = 0, frames = 0, undecodable = 0, dropped = 0;
    double decode_ms = 0;  // processor time, of all frames together
  };
  [[nodiscard]] Counts counts() const;
  // Core-milliseconds per second that decoding takes.
  [[nodiscard]] double decoding() const;

 private:
  void run(const std::stop_token& stop);
  bool play_camera(const std::stop_token& stop);
  void wait_until_planned(const std::stop_token& stop);
  void hand_on(CameraFrame frame);
  void opened(Camera& camera);
  void closed(const Camera& camera, const std::string& reason);
  void wait(std::chrono::milliseconds time, const std::stop_token& stop);

  const NodeStream stream_;
  const Receiver receiver_;
  Clock& clock_;
  // For the thread: the latest frame, and what is added to the present camera's indices and times.
  std::optional<Clock::Time> latest_arrival_;
  std::int64_t latest_index_ = 0, first_index_ = 0;
  MediaTime latest_time_{}, first_time_{};
  bool reopened_ = false;

  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<StreamFormat> format_ GUARDED_BY(mutex_);
  double sample_decode_ms_ GUARDED_BY(mutex_) = 0;
  bool planned_ GUARDED_BY(mutex_) = false, ended_ GUARDED_BY(mutex_) = false;
  Counts closed_ GUARDED_BY(mutex_);  // of cameras before the present one, and how it is now
  Camera* camera_ GUARDED_BY(mutex_) = nullptr;

  std::jthread thread_;  // last, so that it ends first
};

}  // namespace mainstream
