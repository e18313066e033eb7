// Calibration of a picture classifier: from logits to probabilities, and the threshold of its events.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// The classes that make an event, and the fraction of a stream's time that events take up.
struct PictureEvents {
  std::vector<std::size_t> positive;
  double frequency = 0.1;
};

// The slope by which logits [pictures x classes] are multiplied so that their softmax has the least
// cross-entropy (temperature scaling: Guo et al. 2017). The logits are by models that did not see the
// pictures.
[[nodiscard]] double fit_slope(std::span<const float> logits, std::span<const int> labels,
                               std::size_t classes);

// The threshold of the events' probability; `probabilities` [pictures x classes] are by models that did not
// see the pictures.
[[nodiscard]] float picture_threshold(std::span<const float> probabilities, std::span<const int> labels,
                                      std::size_t classes, const PictureEvents& events);

// Softmax of each row of logits [rows x classes].
[[nodiscard]] std::vector<float> probabilities_of(std::span<const float> logits, std::size_t classes,
                                                  double slope = 1);

}  // namespace mainstream
