// One camera of a node: hands its frames on, once somebody planned for them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

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

// A camera that is kept open (run/camera.hpp), and the thread that takes its frames, which come from play()
// on. What ends by itself (a file) or is wrong in itself (no source, no frame rate) is over. All members may
// be called from any thread.
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
  void need(const CameraNeed& need) { camera_.need(need); }
  [[nodiscard]] bool ended() const;  // by itself: there will be no frame any more

  struct Counts {
    bool up = false;
    std::string reason;  // why it is not up
    std::int64_t reconnects = 0, frames = 0, undecodable = 0, dropped = 0;
    double decode_ms = 0;                           // processor time, of all frames together
    bool leaves_out = false, on_substream = false;  // as in CameraState
  };
  [[nodiscard]] Counts counts() const;
  // How its camera can decode it; empty while it is not up.
  [[nodiscard]] std::vector<DecodingWay> decoding() const;
  // The newest picture, at most 1280 pixels wide or high; nothing before the first. Encodes in the caller's
  // thread, one caller at a time and each picture once.
  [[nodiscard]] std::optional<std::string> latest_jpeg();

 private:
  [[nodiscard]] Camera::Options camera_options();
  void connected();
  void run();

  const NodeStream stream_;
  const Receiver receiver_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::optional<StreamFormat> format_ GUARDED_BY(mutex_);
  double sample_decode_ms_ GUARDED_BY(mutex_) = 0;  // of a frame, until frames tell
  bool planned_ GUARDED_BY(mutex_) = false, stopping_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::optional<VideoFrame> newest_ GUARDED_BY(mutex_);

  Mutex encoding_;                                             // held while a picture is encoded
  std::optional<std::int64_t> encoded_ GUARDED_BY(encoding_);  // index of the frame
  std::string jpeg_ GUARDED_BY(encoding_);

  Camera camera_;
  std::jthread thread_;  // last, so that it ends first
};

}  // namespace mainstream
