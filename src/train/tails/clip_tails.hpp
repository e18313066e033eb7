// Finished tails of a clip's apps as candidates.
#pragma once

#include <span>
#include <vector>

#include "train/clip_candidate.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {

// Of `tails`, which train_tails made of these, by app and start: calibrated on frames that their models did
// not see, and so are their answers; in other number types, moved by as much as the shipped tail's are. `fps`
// is that of the examples.
[[nodiscard]] std::vector<std::vector<ClipCandidate>> describe_clip_tails(
    const TailData& data, const std::vector<TailApp>& apps, std::vector<std::vector<TrainedTail>> tails,
    double fps);

}  // namespace mainstream
