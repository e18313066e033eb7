// What every candidate of a mix says on frames of a clip, recorded once, so that any schedule can be
// replayed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "event/replay.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

struct ClipScores {
  double fps = 0;
  std::vector<FrameRange> parts;  // of the clip, ascending
  // By app and candidate id, one recording for each part.
  std::vector<std::map<std::string, std::vector<Recording>>> recordings;
};

using FrameProgress = std::function<void(std::int64_t done, std::int64_t all)>;

// Runs all candidates of a mix of one stem on the parts, each app against the labels of its name. `fps` 0: as
// the clip states it. Throws usage for an app without labels or parts that the labels do not have, unreadable
// or untrusted for the clip, failed when stopped.
[[nodiscard]] ClipScores record_scores(const Engine& engine, const Mix& mix, const std::string& video,
                                       double fps, const Labels& labels, std::vector<FrameRange> parts,
                                       const std::stop_token& stop, const FrameProgress& progress = {});

}  // namespace mainstream
