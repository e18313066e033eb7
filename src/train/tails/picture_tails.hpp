// Finished tails of a picture classifier as candidates.
#pragma once

#include <span>
#include <vector>

#include "train/picture_calibration.hpp"
#include "train/picture_candidate.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {

// One candidate for each start, calibrated on training pictures that its models did not see. Answers are for
// the validation pictures, rows of data.inputs.
[[nodiscard]] std::vector<PictureCandidate> describe_picture_tails(const TailData& data, const TailApp& app,
                                                                   std::vector<TrainedTail> tails,
                                                                   const PictureEvents& events,
                                                                   std::span<const std::size_t> validation);

}  // namespace mainstream
