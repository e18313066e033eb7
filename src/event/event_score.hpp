// From a network's answer to the score that events are made of.
#pragma once

#include <cstdint>
#include <span>

namespace mainstream {

// The sum of the softmax probabilities of the `positive` classes (indices into `logits`), in 0..1; NaN if
// a logit is NaN, which is below every threshold.
[[nodiscard]] float event_score(std::span<const float> logits, std::span<const std::size_t> positive);

}  // namespace mainstream
