// Which frames of a stream are analysed, and which apps see them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mainstream/media.hpp"

namespace mainstream {

// The stem runs at the highest rate that any app asks for, on the frames nearest to an even grid of
// stream time. Apps with lower rates take their frames from those of the app with the next higher rate,
// in an even pattern; so every set of frames lies within the next larger one, a shared layer never runs
// more often than its fastest app asks for, and when frames are lost all rates sink in proportion.
// One thread.
class Cadence {
 public:
  // `fps[i]` > 0 is what app i asks for; what exceeds `stream_fps` becomes `stream_fps`.
  Cadence(std::span<const double> fps, double stream_fps);

  [[nodiscard]] double stem_fps() const { return 1 / period_; }

  // Whether the schedule asks for the frame at this time. A frame that is due and not taken leaves its
  // successor due: it is late rather than lost, by at most one period.
  [[nodiscard]] bool due(MediaTime time) const;

  // The frame at this time is analysed now: the apps that see it, in ascending order. Valid until the next
  // call.
  std::span<const std::size_t> take(MediaTime time);

  // Takes the place of `previous` between two frames. Where the stem's rate stays, so do its grid and the
  // patterns of the rates that both have, from the highest down to the first that differs: an app that comes
  // or goes does not change which frames the faster ones see. Otherwise the next frame is due one period
  // after the last one that `previous` took. Apps with other patterns all see the next frame that they can.
  void follow(const Cadence& previous);

 private:
  // Apps of one rate. On each frame of the level above, `phase` grows by `step`; at 1 it is this level's
  // turn.
  struct Level {
    double rate = 0, step = 1, phase = 0;
    std::vector<std::size_t> apps;
  };

  double period_ = 0, tolerance_ = 0;  // seconds
  std::vector<Level> levels_;          // by falling rate
  bool started_ = false;
  double last_ = 0, next_ = 0;  // seconds of stream time
  std::vector<std::size_t> taken_;
};

}  // namespace mainstream
