#include "mainstream/experiments.hpp"

#include <fmt/format.h>

#include "event/frame_parts.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kBlocks = 6, kTrained = 3;

// Neighbouring ranges become one.
void append(std::vector<FrameRange>& parts, const FrameRange& block) {
  if (!parts.empty() && parts.back().last + 1 == block.first) {
    parts.back().last = block.last;
  } else {
    parts.push_back(block);
  }
}

}  // namespace

std::string ClipCut::name() const {
  return to_string(trained);
}

std::vector<ClipCut> six_block_cuts(std::int64_t frames) {
  if (frames < kBlocks) {
    throw Error(ErrorKind::usage, fmt::format("{} frames cannot be cut into {} blocks", frames, kBlocks));
  }
  std::vector<ClipCut> cuts(kBlocks);
  for (std::int64_t cut = 0; cut < kBlocks; ++cut) {
    for (std::int64_t block = 0; block < kBlocks; ++block) {
      const bool trains = (block - cut + kBlocks) % kBlocks < kTrained;
      ClipCut& parts = cuts[static_cast<std::size_t>(cut)];
      append(trains ? parts.trained : parts.judged,
             {frames * block / kBlocks, frames * (block + 1) / kBlocks - 1});
    }
  }
  return cuts;
}

}  // namespace mainstream
