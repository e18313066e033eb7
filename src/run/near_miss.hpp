// Near misses: the frames that came nearest to an event without being in one.
//
// Most are rightly no events, the others were missed. Somebody who judges a few finds out which, and these
// are the pictures that the next training learns most from (uncertainty sampling, Lewis and Gale 1994).
#pragma once

#include <chrono>
#include <optional>

#include "mainstream/event.hpp"
#include "mainstream/media.hpp"
#include "mainstream/media_time.hpp"

namespace mainstream {

// Of one app on one stream: the one frame of each ten minutes, of the stream, with the highest score, if that
// is near the threshold. One thread. Times and frames rise from call to call.
class NearMiss {
 public:
  static constexpr MediaTime kEvery = std::chrono::minutes(10);

  struct Found {
    EventRecord record;
    MediaTime at{};
    std::optional<Picture> picture = {};
  };

  // Whether a frame with this score, which no event has so far, is to be kept: it is higher than what is
  // kept, and its odds are at least a quarter of the threshold's.
  [[nodiscard]] bool wants(float score, float threshold) const;
  void keep(Found found) { newest_ = std::move(found); }

  // An event has these frames: what is kept is forgotten if it is one of them or within a second of one.
  void event_at(MediaTime start, MediaTime end);

  // The best one, once its ten minutes are over.
  [[nodiscard]] std::optional<Found> take(MediaTime now);
  // At the end of the stream: the best one so far.
  [[nodiscard]] std::optional<Found> finish();

 private:
  void settle();

  std::optional<MediaTime> begin_;  // of the present ten minutes
  // Scores rise towards an event, so what is about to be forgotten must not replace what is known to be none.
  std::optional<Found> newest_;  // an event may begin within a second of it
  std::optional<Found> best_;
};

}  // namespace mainstream
