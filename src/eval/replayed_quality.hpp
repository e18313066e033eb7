// What settings find on frames whose scores are recorded.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "mainstream/experiments.hpp"

namespace mainstream {

// Replays each setting once, when it is first asked for, with the package's threshold for its number types
// and the package's merge gap. `mix` and `scores` outlive it. One thread at a time.
class ReplayedQuality {
 public:
  ReplayedQuality(const Mix& mix, const ClipScores& scores);

  // Whether the app has a true event in any part.
  [[nodiscard]] bool has_events(std::size_t app) const;

  // Over all parts, the mean over the phases of the rate.
  [[nodiscard]] const EventCounts& counts(std::size_t app, const Setting& setting) const;

  // The mix's problem with all that the replay knows, on the rates and votes worth choosing from, in place of
  // what packages promise.
  [[nodiscard]] Problem known(Problem problem) const;

 private:
  using Key = std::tuple<std::size_t, Variant, double, int>;  // app, variant, rate, votes
  const Mix& mix_;
  const ClipScores& scores_;
  mutable std::map<Key, EventCounts> replayed_;
};

}  // namespace mainstream
