// How little a camera may decode for what is needed of it: which frames, and of which of its streams.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "mainstream/media.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

// What the analysis needs of a camera: no more frames per second than this, and pictures of at least this
// size.
struct CameraNeed {
  double fps = std::numeric_limits<double>::infinity();
  double width = 0, height = 0;
  bool operator==(const CameraNeed&) const = default;
};

// Decides between the substream, the frames of the stream that others need, and all of them, and tells plans
// what each takes (docs/running.md, "What is not decoded"). A way that plans may count on is one that will be
// taken: it serves at most the rates at which it is chosen, and those at which it is kept while it is in use,
// so that a plan and what is done for it do not swing. Pure computation, one thread.
class SparedDecoding {
 public:
  // A frame was decoded in `ms` of processor time; its time is that of its connection.
  void decoded(double ms, MediaTime time);

  // Of the stream, while it is the one that is decoded: the frames per second that it has, and the share of
  // them that others need.
  void set_stream(double fps, double needed_share, int pixels);
  void set_substream(const VideoInfo& info) { substream_ = info; }

  // Whether frames that no other needs should be left out.
  [[nodiscard]] bool may_leave_out(const CameraNeed& need) const;
  // Also while nothing is known of the substream: who opens it finds out.
  [[nodiscard]] bool substream_suffices(const CameraNeed& need) const;

  // What is decoded from the next frame on.
  void begin(bool leaves_out, bool on_substream);
  [[nodiscard]] bool leaves_out() const { return leaves_out_; }
  [[nodiscard]] bool on_substream() const { return on_substream_; }
  [[nodiscard]] double kept_fps() const;  // that come while frames are left out

  // Empty before the first frame.
  [[nodiscard]] std::vector<DecodingWay> ways(const CameraNeed& need, bool with_substream) const;

 private:
  // Of the latest frames.
  struct Mean {
    double ms = 0;
    int frames = 0;
    void add(double took);
  };
  [[nodiscard]] double served_fps(const CameraNeed& need) const;
  void measure_kept(MediaTime time);

  bool leaves_out_ = false, on_substream_ = false;
  double fps_ = 0, needed_share_ = 1;
  double pixels_ = 0;
  std::optional<VideoInfo> substream_;
  Mean all_, kept_, of_substream_;
  std::optional<double> kept_fps_;       // once measured
  std::optional<MediaTime> kept_since_;  // the measurement's begin, and frames since then
  int kept_frames_ = 0;
};

}  // namespace mainstream
