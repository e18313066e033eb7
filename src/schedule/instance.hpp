// A problem made ready for the algorithms: every app's options with quality and cost, on the grid
// (branchpoint x frame rate) of its stem.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// One thing that an app can be set to.
struct InstanceOption {
  Choice choice;
  int level = 0;  // index into InstanceStem::levels; 0 shares nothing
  int rate = 0;   // index into InstanceStem::rates, from 1; 0 stands for "does not run"
  double own_cost = 0;
  double f1 = 0;
  double value = 0;  // f1 by the app's weight; values of all apps add up to `apps` times the weighted mean
  std::optional<double> recall, precision;
};

struct InstanceStem {
  std::vector<int> levels;    // ascending frozen counts, 0 first
  std::vector<double> rates;  // ascending, 0 first
  // segment_costs[p][j]: of one frame through the layers between level j-1 and j, j >= 1, when what they
  // feed was measured at stem precision p: at that precision, or a more exact one where that is cheaper.
  std::vector<std::vector<double>> segment_costs;
  std::vector<std::size_t> apps;
};

struct InstanceApp {
  std::size_t stem = 0;
  std::vector<InstanceOption> options;
};

struct Instance {
  double budget = 0;
  std::vector<InstanceStem> stems;
  std::vector<InstanceApp> apps;
};

// An index into InstanceApp::options for every app.
using Assignment = std::vector<std::size_t>;

// Everything that every app could be set to, by the problem's data alone (no limits; accuracy curves
// corrected). `more_rates` are allowed besides fps_options, for apps with candidates.
[[nodiscard]] std::vector<std::vector<InstanceOption>> expand(const Problem& problem,
                                                              const std::vector<double>& more_rates);

// Drops what no app needs: options for which another one of the same branchpoint and stem precision asks for
// no higher rate, costs no more and finds no less.
void drop_dominated(std::vector<InstanceOption>& options);

// The grid for a selection of those options. Every app must have one at least.
[[nodiscard]] Instance make_instance(const Problem& problem,
                                     std::vector<std::vector<InstanceOption>> options);

// Cost of an assignment per second; nothing when its stem precisions cannot go together.
[[nodiscard]] std::optional<double> assignment_cost(const Instance& instance, const Assignment& assignment);

}  // namespace mainstream
