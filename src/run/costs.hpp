// What the parts of a mix cost on this machine: measured when a run begins, corrected while it goes on.
#pragma once

#include <vector>

#include "core/clock.hpp"
#include "mainstream/media.hpp"
#include "run/deployer.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Wall-clock milliseconds of one frame on the engine's threads.
struct Costs {
  double scale_ms = 0;
  std::vector<double> stem_ms;              // [i]: from branchpoint i - 1 (0: the picture) to i
  std::vector<std::vector<double>> own_ms;  // by app and candidate: its tail; without sharing its whole
                                            // network; 0 for candidates that are not usable
};

// Runs every segment of the stem, and of the usable tails one of each structure: apps differ in
// weights, which cost nothing. `picture` is like the stream's. Takes about 20 ms for each.
[[nodiscard]] Costs measure_costs(Deployer& deployer, const Picture& picture, const Clock& clock);

}  // namespace mainstream
