// A clip cut into a part to train on and a part to judge on, in several ways.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

struct ClipCut {
  std::vector<FrameRange> trained, judged;  // ascending, without common frames, together the whole clip
  [[nodiscard]] std::string name() const;   // "0..397": of the trained part
};

// The clip in six blocks of equal length in time. Cut i trains on three neighbouring ones from block i on
// (after the last comes the first) and judges on the others; the first is the first half against the second,
// the fourth the other way round. Throws usage for fewer than six frames.
[[nodiscard]] std::vector<ClipCut> six_block_cuts(std::int64_t frames);

}  // namespace mainstream
