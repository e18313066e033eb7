// A camera or a file as a camera: a thread that decodes frames and hands them to the analysis.
#pragma once

#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/bounded_queue.hpp"
#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/media.hpp"
#include "mainstream/runner.hpp"
#include "run/histogram.hpp"

namespace mainstream {

struct CameraFrame {
  VideoFrame frame;
  Clock::Time arrived{};  // when the decoder thread had it
};

struct CameraCounts {
  std::int64_t delivered = 0;  // frames decoded and offered to the analysis
  std::int64_t dropped = 0;    // of those, frames that a newer one replaced before the analysis took them
  std::int64_t undecodable = 0;
  Histogram decode_ms;         // processor time of the decoder thread for each frame
  bool duration_over = false;  // the stream was cut there
};

// An example of a camera's frames.
struct CameraSample {
  Picture picture;
  std::optional<double> decode_ms;  // processor time to decode one; not known before a live camera has run
};

// With Pace::live, frames come at the stream's rate (those of a file are held back until their time) into a
// slot for one frame, where a newer frame replaces one that was not taken. With Pace::all they come as fast
// as they are taken, and none is lost. All members may be called from any thread.
class Camera {
 public:
  struct Options {
    std::string source;
    double stream_fps = 0;  // 0: as the source states it
    Pace pace = Pace::live;
    FrameRange frames{0, std::numeric_limits<std::int64_t>::max()};  // others are decoded and skipped
    std::optional<double> duration_s;                                // of stream time
  };

  // Opens the source. Throws as VideoReader does, and usage: no frame rate is given and the source states
  // none, or `frames` asks for a part of a live source, or for one beyond the end of a file.
  Camera(Options options, Clock& clock, std::stop_token stop = {});
  ~Camera();  // stops the thread

  [[nodiscard]] double fps() const { return fps_; }

  // Decodes the first frames of a file with a reader of its own. For a live camera it is a grey picture of
  // the camera's size.
  [[nodiscard]] CameraSample sample() const;

  // How many frames will be delivered; 0: not known.
  [[nodiscard]] std::int64_t expected_frames() const;

  void start();
  // The newest frame (live) or the next one; waits for it. Nothing at the end and after stop().
  [[nodiscard]] std::optional<CameraFrame> next();
  void stop();
  // After next() gave nothing: the exception that ended the stream, if one did.
  [[nodiscard]] std::exception_ptr failure() const;

  [[nodiscard]] CameraCounts counts() const;

 private:
  struct RequestStop {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };

  void decode();
  void deliver_all();
  [[nodiscard]] std::optional<VideoFrame> decode_next();
  void wait_until_due(const VideoFrame& frame);

  const Options options_;
  Clock& clock_;
  std::stop_source stop_;
  std::stop_callback<RequestStop> stopped_from_outside_;
  VideoReader reader_;  // for the constructor, then for the thread
  const VideoInfo info_;
  const bool recorded_;  // a file: it has an end, and its frames can be held back
  double fps_ = 0;
  // For the thread alone: the first frame's time in the stream and on the clock.
  std::optional<MediaTime> first_time_;
  Clock::Time started_{};
  BoundedQueue<CameraFrame> queue_;

  mutable Mutex mutex_;
  CameraCounts counts_ GUARDED_BY(mutex_);
  std::exception_ptr failure_ GUARDED_BY(mutex_);

  std::jthread thread_;  // last, so that it ends first
};

}  // namespace mainstream
