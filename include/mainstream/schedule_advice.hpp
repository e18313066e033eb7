// Explains a schedule: why no app gets more, what a newcomer would cost the others, and how quality depends
// on the budget and the number of apps. Pure functions, like the scheduler itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

struct F1Change {
  std::size_t app = 0;  // index into the problem's apps
  double before = 0, after = 0;
};

// The setting that gives one app the most F1 per added cost, while all other apps keep theirs.
struct NextStep {
  Choice choice;
  double f1 = 0;          // F1 of this app
  double extra_cost = 0;  // added cost of the whole schedule, per second; may be negative
  // The best schedule in which the app has that branchpoint and rate; infeasible when there is none.
  Schedule taken;
  std::vector<F1Change> others;  // apps whose F1 would change in it, the greatest loss first
};

// For each app its next step; nothing for an app that already has its best. `schedule` is a feasible answer
// to `problem`. `options` apply to the steps' schedules, about one per app. Returns early, with the first
// apps' steps only, if `options.stop` returns true between two apps.
[[nodiscard]] std::vector<std::optional<NextStep>> next_steps(const Problem& problem,
                                                              const Schedule& schedule,
                                                              const SolveOptions& options);

// Whether the last app of a problem can join the others.
struct Admission {
  Schedule before, after;        // without and with it
  std::string reason;            // why it is refused; empty when it fits
  std::vector<F1Change> others;  // all other apps, in order; empty when refused
};
// Throws usage for fewer than two apps.
[[nodiscard]] Admission admit(const Problem& problem, const SolveOptions& options);

struct SweepPoint {
  double at = 0;  // budget, or number of apps
  Algorithm algorithm = Algorithm::automatic;
  Schedule schedule;
};

// Makes the options of each solve, so that a time limit starts with it.
using OptionsFor = std::function<SolveOptions(Algorithm)>;
using SweepProgress = std::function<void(std::size_t done, std::size_t all)>;

// Runs all algorithms at budgets from below the cheapest schedule's cost to more than any schedule can use,
// evenly on a logarithmic scale.
[[nodiscard]] std::vector<SweepPoint> sweep_budget(const Problem& problem, const OptionsFor& options,
                                                   const SweepProgress& progress = {});
// Runs all algorithms on growing prefixes of the apps.
[[nodiscard]] std::vector<SweepPoint> sweep_apps(const Problem& problem, const OptionsFor& options,
                                                 const SweepProgress& progress = {});

}  // namespace mainstream
