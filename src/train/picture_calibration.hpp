// Calibration of a picture classifier: from logits to probabilities and the threshold of its events.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

struct PictureCalibration {
  double slope = 1;  // by which logits are multiplied (temperature scaling: Guo et al. 2017)
  float threshold = 0.5F;
};

// The classes that make an event, and the fraction of a stream's time that events take up.
struct PictureEvents {
  std::vector<std::size_t> positive;
  double frequency = 0.1;
};

// `logits` [pictures x classes] by models that did not see the pictures.
[[nodiscard]] PictureCalibration calibrate_pictures(std::span<const float> logits,
                                                    std::span<const int> labels, std::size_t classes,
                                                    const PictureEvents& events);

// Softmax of each row of logits [rows x classes].
[[nodiscard]] std::vector<float> probabilities_of(std::span<const float> logits, std::size_t classes,
                                                  double slope = 1);

}  // namespace mainstream
