// How long a network's steps take apart from each other.
#pragma once

#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

// The steps with their median times over `repetitions` on the network's last input, each repeated by itself.
// By itself it finds its weights in the cache, which is the least that it can take; with `cold_weights` each
// repetition reads another copy of them, and copies take turns as long as within a run.
[[nodiscard]] std::vector<StepInfo> profile_alone(Network& network, int repetitions,
                                                  bool cold_weights = false);

}  // namespace mainstream
