// Probabilities of classes, and how often the right one is the highest.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// The probabilities of classes.
[[nodiscard]] std::vector<float> softmax(std::span<const float> logits);

// The share of rows whose class of highest probability is the right one.
[[nodiscard]] double top1(std::span<const float> probabilities, std::span<const int> labels, int classes);

}  // namespace mainstream
