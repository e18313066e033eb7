// What a schedule means: why no app gets more, what a newcomer would cost the others, and how the quality
// grows with the budget and falls with the number of apps. Pure functions, like the scheduler itself.
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

// The setting that would give one app most F1 for what it adds to the cost, everybody else staying as they
// are.
struct NextStep {
  Choice choice;
  double f1 = 0;          // of this app
  double extra_cost = 0;  // of the whole schedule, per second; may be negative
  // The best schedule in which the app has that branchpoint and rate; infeasible when there is none.
  Schedule taken;
  std::vector<F1Change> others;  // whose F1 would change in it, the greatest loss first
};

// For each app its next step; nothing for an app that has its best already. `schedule` is a feasible answer
// to `problem`. `options` are those for the steps' schedules; about as many are made as there are apps. Ends
// early, with the first apps' steps only, when `options.stop` says so between two apps.
[[nodiscard]] std::vector<std::optional<NextStep>> next_steps(const Problem& problem,
                                                              const Schedule& schedule,
                                                              const SolveOptions& options);

// Whether the last app of `problem` can join the others.
struct Admission {
  Schedule before, after;        // without and with it
  std::string reason;            // why it is refused; empty when it fits
  std::vector<F1Change> others;  // all other apps, in order; empty when refused
};
// Throws usage for a problem of fewer than two apps.
[[nodiscard]] Admission admit(const Problem& problem, const SolveOptions& options);

struct SweepPoint {
  double at = 0;  // budget, or number of apps
  Algorithm algorithm = Algorithm::automatic;
  Schedule schedule;
};

// Options for the next solving: a time limit begins with each.
using OptionsFor = std::function<SolveOptions(Algorithm)>;
using SweepProgress = std::function<void(std::size_t done, std::size_t all)>;

// All algorithms at budgets from below the cheapest schedule's cost to more than anybody could use, evenly on
// a logarithmic scale.
[[nodiscard]] std::vector<SweepPoint> sweep_budget(const Problem& problem, const OptionsFor& options,
                                                   const SweepProgress& progress = {});
// All algorithms for the first apps of the problem, then more and more of them.
[[nodiscard]] std::vector<SweepPoint> sweep_apps(const Problem& problem, const OptionsFor& options,
                                                 const SweepProgress& progress = {});

}  // namespace mainstream
