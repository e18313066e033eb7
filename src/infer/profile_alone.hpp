// Times of a network's steps, each by itself.
#pragma once

#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

// The steps with their median times over `repetitions` on the network's last input, each repeated by itself.
// Its weights are then in the cache, so this is its least time. With `cold_weights` each repetition reads
// another copy of the weights, so that they are as cold as in a run.
[[nodiscard]] std::vector<StepInfo> profile_alone(Network& network, int repetitions,
                                                  bool cold_weights = false);

}  // namespace mainstream
