// A problem as the searches see it: the options of all apps on the grid (level x frame rate) of their stems.
#pragma once

#include <cstddef>
#include <vector>

#include "schedule/app_options.hpp"

namespace mainstream {

// The grid that the options of one stem's apps refer to. A level is a branchpoint that some option uses; the
// segment of level j are the layers between level j-1 and level j.
struct StemGrid {
  std::vector<int> levels;    // counts of shared layers, ascending; levels[0] = 0: nothing shared
  std::vector<double> rates;  // frames per second, ascending; rates[0] = 0: does not run
  // segment_costs[t][j]: one frame through segment j (from 1) when the branchpoint that it leads to was
  // measured at number type t: in that type, or in a more exact one where that is cheaper.
  std::vector<std::vector<double>> segment_costs;
  std::vector<std::size_t> apps;  // indices into Instance::apps
};

struct InstanceApp {
  std::size_t stem = 0;  // index into Instance::stems
  int last_frozen = 0;   // frozen count of its last branchpoint, as for Algorithm::max_sharing
  std::vector<AppOption> options;
};

struct Instance {
  double budget = 0;  // per second
  std::vector<StemGrid> stems;
  std::vector<InstanceApp> apps;
};

// Sets levels and rates of the options. Every app must have one option at least.
[[nodiscard]] Instance make_instance(const Problem& problem, AppOptions options);

}  // namespace mainstream
