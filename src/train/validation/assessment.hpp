// What answers of validation show: probabilities of classes, how often the right one is the highest, and how
// scores are distributed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mainstream/package.hpp"

namespace mainstream {

// The probabilities of classes.
[[nodiscard]] std::vector<float> softmax(std::span<const float> logits);

// The share of rows whose class of highest probability is the right one.
[[nodiscard]] double top1(std::span<const float> probabilities, std::span<const int> labels, int classes);

// Nothing where all frames are of one kind.
[[nodiscard]] std::optional<ScoreTable> score_table(std::span<const float> scores,
                                                    const std::vector<bool>& truth);

}  // namespace mainstream
