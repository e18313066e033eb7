// A camera or a file as a camera: a thread that decodes frames and hands them to the analysis, and that opens
// a live source again when it is lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/backoff.hpp"
#include "core/bounded_queue.hpp"
#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/runner.hpp"
#include "media/frame_source.hpp"
#include "run/histogram.hpp"
#include "run/spared_decoding.hpp"

namespace mainstream {

struct CameraFrame {
  VideoFrame frame;
  Clock::Time arrived{};                              // when the decoder thread had it
  std::chrono::system_clock::time_point wall_time{};  // see WallClock
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

// Where a camera stands.
struct CameraState {
  enum class Phase {
    connecting,  // is opened for the first time
    up,
    down,   // lost; it is opened again and again
    ended,  // no frames will come: the end of a file, or stop()
  };

  Phase phase = Phase::connecting;
  Clock::Time since{};                        // when the phase began
  std::string reason;                         // why it is down, or was down last; empty if it never was
  std::int64_t reconnects = 0;                // how often it came up again
  std::optional<Clock::Time> last_frame;      // when the newest frame arrived
  std::optional<Clock::Time> next_try;        // when it is opened again, while it waits for that
  std::optional<Clock::Time> same_picture;    // since when its pictures are exactly the same, if they are
  std::optional<VideoInfo> info;              // of the newest connection
  WallClock wall_clock = WallClock::arrival;  // of the newest frame
  bool leaves_out = false;                    // the decoder leaves out frames that no other needs
  bool on_substream = false;                  // frames come from the substream
};

// With Pace::live, frames come at the stream's rate (those of a file are held back until their time) into a
// slot for one frame, where a newer frame replaces one that was not taken. With Pace::all they come as fast
// as they are taken, and none is lost. All members may be called from any thread.
//
// With Pace::live a live source that fails or ends is opened again for ever, after waits that grow from half
// a second to half a minute (docs/running.md, "When a camera is lost"). Times and indices of frames go on by
// the clock, as if frames had come meanwhile. A patient one that loops is opened again, too.
class Camera {
 public:
  using Open =
      std::function<std::unique_ptr<FrameSource>(const std::string&, const SourceOptions&, std::stop_token)>;
  struct Options {
    std::string source;
    SourceOptions input = {};
    std::string substream = {};  // of a live source: the same camera with smaller pictures, or fewer
    Pace pace = Pace::live;
    FrameRange frames{0, std::numeric_limits<std::int64_t>::max()};  // others are decoded and skipped
    std::optional<double> duration_s = {};                           // of stream time
    // The constructor does not open the source; the thread does, and goes on trying when that fails. Until
    // then fps() is 0 if `input` has none.
    bool patient = false;
    // Called by the thread on each connection, before the first frame of it, and when the size of pictures
    // has changed; may wait, until stop().
    std::function<void()> connected = {};
    Open open = open_source;                        // tests give their own
    std::optional<std::uint64_t> jitter_seed = {};  // of the waits; random by default
  };

  // Opens the source. Throws as VideoReader does, and usage: no frame rate is given and a file states
  // none, or `frames` asks for a part of a live source, or for one beyond the end of a file. Where a live
  // source states no rate, its first frames are spent on measuring it.
  Camera(Options options, Clock& clock, std::stop_token stop = {});
  ~Camera();  // stops the thread

  // The given rate, or that of the newest connection.
  [[nodiscard]] double fps() const;

  // Decodes the first frames of a file with a reader of its own. For what can be opened only once it is a
  // grey picture of the camera's size.
  [[nodiscard]] CameraSample sample() const;

  // How many frames will be delivered; 0: not known.
  [[nodiscard]] std::int64_t expected_frames() const;

  // Until it is called, all that comes is needed.
  void need(const CameraNeed& need);

  void start();
  // The newest frame (live) or the next one; waits for it. Nothing at the end and after stop().
  [[nodiscard]] std::optional<CameraFrame> next();
  void stop();
  // After next() gave nothing: the exception that ended the stream, if one did.
  [[nodiscard]] std::exception_ptr failure() const;

  [[nodiscard]] CameraCounts counts() const;
  [[nodiscard]] CameraState state() const;
  // The ways to decode it from now on, as plans may count on them; empty before the first frame.
  [[nodiscard]] std::vector<DecodingWay> decoding() const;

 private:
  struct RequestStop {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };
  // Until a new frame of a live stream comes.
  struct CatchingUp {
    Clock::Time opened_at{};             // when opening began
    std::optional<MediaTime> last = {};  // of the frame before
  };
  struct Placed {
    std::int64_t index = 0;
    MediaTime time{};
    Clock::Time arrived{};
  };

  [[nodiscard]] VideoInfo info() const;
  void connect();
  void check(const VideoInfo& info, double fps) const;
  void note_connection(const VideoInfo& info, double fps, Clock::Time opened_at);

  void decode();
  void follow_source();
  [[nodiscard]] bool deliver_all();
  void spare();
  void leave_out(const CameraNeed& need);
  void follow_substream(const CameraNeed& need);
  void take_other_source(const CameraNeed& need);
  [[nodiscard]] bool spares_frames() const;
  [[nodiscard]] std::optional<VideoFrame> decode_next();
  void place(VideoFrame& frame, Clock::Time now);
  void catch_up(MediaTime time, Clock::Time asked, double decoding_ms);
  void hold_back(MediaTime played);
  void note_size(const Picture& picture, Clock::Time now);
  void watch_picture(const Picture& picture, Clock::Time now);
  [[nodiscard]] bool deliver(VideoFrame frame, Clock::Time now);
  [[nodiscard]] bool tries_again(const Error& error) const;
  void lose(const std::string& reason);
  void wait_until(Clock::Time due);

  const Options options_;
  const std::string shown_;  // the source without its password
  Clock& clock_;
  std::stop_source stop_;
  std::stop_callback<RequestStop> stopped_from_outside_;
  BoundedQueue<CameraFrame> queue_;

  // For the constructor, then for the thread.
  std::unique_ptr<FrameSource> source_;  // null: lost, or not opened yet
  Backoff backoff_;
  bool connected_ = false;      // once
  bool was_stable_ = true;      // the last connection: long enough to know its rate
  Clock::Time connected_at_{};  // last
  std::optional<CatchingUp> catching_up_;
  bool first_of_connection_ = true;
  std::optional<Placed> last_;  // the newest frame
  MediaTime time_offset_{};     // from the connection's times to the camera's
  std::int64_t index_offset_ = 0;
  std::int64_t undecodable_before_ = 0;  // in earlier connections
  std::optional<MediaTime> first_time_;  // of the first frame that was wanted, and when it was due
  Clock::Time started_{};
  std::chrono::system_clock::time_point wall_start_{};
  SparedDecoding spared_;
  bool index_by_time_ = false;           // in this connection
  std::optional<Placed> numbered_from_;  // since when; steps that are rounded one by one would run away
  Clock::Time no_switch_before_{}, other_opened_at_{};
  std::future<std::unique_ptr<FrameSource>> other_;  // source or substream, while it is opened beside
  Clock::Time no_size_before_{};
  std::uint64_t fingerprint_ = 0;
  bool reopened_for_same_picture_ = false;

  mutable Mutex mutex_;
  double fps_ GUARDED_BY(mutex_) = 0;
  CameraCounts counts_ GUARDED_BY(mutex_);
  CameraState state_ GUARDED_BY(mutex_);
  CameraNeed need_ GUARDED_BY(mutex_);
  std::vector<DecodingWay> ways_ GUARDED_BY(mutex_);
  std::exception_ptr failure_ GUARDED_BY(mutex_);

  std::jthread thread_;  // last, so that it ends first
};

}  // namespace mainstream
