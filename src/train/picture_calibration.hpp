// Calibration of a picture classifier: from logits to probabilities and the threshold of its events.
#pragma once

#include <span>
#include <vector>

#include "train/exits/ridge.hpp"

namespace mainstream {

struct PictureCalibration {
  double slope = 1;  // by which logits are multiplied (temperature scaling: Guo et al. 2017)
  float threshold = 0.5F;
};

// `logits` [pictures x classes] by models that did not see the pictures; `folds` of the pictures serve
// compromise_threshold. `positive`: classes that make an event.
[[nodiscard]] PictureCalibration calibrate_pictures(std::span<const float> logits,
                                                    std::span<const int> labels, std::size_t classes,
                                                    std::span<const std::size_t> positive,
                                                    std::span<const HeldOut> folds);

// Softmax of each row of logits [rows x classes].
[[nodiscard]] std::vector<float> probabilities_of(std::span<const float> logits, std::size_t classes,
                                                  double slope = 1);

}  // namespace mainstream
