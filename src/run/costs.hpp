// What the parts of a mix cost on this machine: measured when a run begins, corrected while it goes on.
#pragma once

#include <map>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/media.hpp"
#include "run/deployer.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Wall-clock milliseconds of one frame on the engine's threads.
struct Costs {
  double scale_ms = 0;
  // By precision; of those [i] is the way from branchpoint i - 1 (0: the picture) to i.
  std::map<Precision, std::vector<double>> stem_ms;
  // By app, candidate and precision: its tail; without sharing its whole network. What is not usable is not
  // there.
  std::vector<std::vector<std::map<Precision, double>>> own_ms;
};

// Runs every segment of the stem, and of the usable tails one of each structure: apps differ in
// weights, which cost nothing. All in each of the mix's precisions that it may have, tails behind a stem of
// the same. `picture` is like the stream's. Takes about 20 ms for each.
[[nodiscard]] Costs measure_costs(Deployer& deployer, const Picture& picture, const Clock& clock);

}  // namespace mainstream
