// Exits of several apps from one labelled clip.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "train/clip_candidate.hpp"
#include "train/clip_reader.hpp"

namespace mainstream {

struct ClipExitApp {
  std::string app;
  std::vector<bool> truth;  // of each plain row of the inputs (ClipRows::scored)
};

// By app its exits, all tried ones: for each chosen branchpoint, and for several together. Answers are those
// on frames that no averaged model has seen; in other number types, moved by as much as the shipped exit's
// are. Throws usage for too few frames, failed when stopped.
[[nodiscard]] std::vector<std::vector<ClipCandidate>> train_clip_exits(const Base& base, const Clip& clip,
                                                                       std::span<const ClipExitApp> apps,
                                                                       const TrainOptions& options);

}  // namespace mainstream
