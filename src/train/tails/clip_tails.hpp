// Finished tails of a clip's apps as candidates.
#pragma once

#include <span>
#include <vector>

#include "train/clip_candidate.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {

// Candidates from `tails`, the result of train_tails for these apps, by app and start. They are calibrated on
// frames that their models did not see, and answer on such frames; in other number types the answers are
// shifted by as much as the shipped tail's are. `fps` is the examples' frame rate.
[[nodiscard]] std::vector<std::vector<ClipCandidate>> describe_clip_tails(
    const TailData& data, const std::vector<TailApp>& apps, std::vector<std::vector<TrainedTail>> tails,
    double fps);

}  // namespace mainstream
