// From measured costs to a schedule, and from a schedule to what each app is set to.
#pragma once

#include <vector>

#include "mainstream/scheduler.hpp"
#include "run/costs.hpp"

namespace mainstream {

// A schedule with the settings that it means for the mix's apps, in their order.
struct Planned {
  // Frozen counts are the base's layers, shared segments are [first, end) of those, precisions are indices
  // into the mix's.
  Schedule schedule;
  std::vector<Setting> settings;
  StemPrecisions stem;  // by branchpoint of the mix; without sharing there is none
};

// Speaks of the mix in the scheduler's terms. Its layer 0 is scaling (branchpoint 0 is the picture) and its
// layer j the stem's way to the base's branchpoint j, so a candidate there has j + 1 frozen layers; what its
// tail takes beyond the layers that it replaces is its head's cost. Without sharing, layers cost nothing,
// scaling and the whole network are the head's, and the stem's precision is nobody else's matter (0).
class Planner {
 public:
  struct Options {
    double stream_fps = 0;
    Algorithm algorithm = Algorithm::automatic;  // of Mode::mainstream
    Objective objective = Objective::mean;
  };

  // `mix` outlives the planner.
  Planner(const AppMix& mix, const Options& options) : mix_(mix), options_(options) {}

  // The best schedule that costs at most `budget` milliseconds per second; `schedule.feasible` tells whether
  // there is one.
  [[nodiscard]] Planned solve(const Costs& costs, double budget) const;

  // Cost and quality of given settings, feasible or not.
  [[nodiscard]] Planned evaluate(const Costs& costs, double budget,
                                 const std::vector<Setting>& settings) const;

 private:
  [[nodiscard]] Problem problem(const Costs& costs, double budget,
                                const std::vector<Setting>& settings) const;
  [[nodiscard]] Problem::App problem_app(const Costs& costs, std::size_t app,
                                         const std::vector<Problem::LayerCosts>& layer_costs) const;
  [[nodiscard]] Planned planned(Schedule schedule) const;

  const AppMix& mix_;
  const Options options_;
};

}  // namespace mainstream
