// Why no app gets more: the next step of each, and who would pay for it.
#include <algorithm>
#include <limits>

#include "mainstream/schedule_advice.hpp"
#include "schedule/evaluation.hpp"
#include "schedule/limits.hpp"
#include "schedule/search/algorithm_options.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// The option with most F1 gained per cost added, all other apps as they are. Options without a gain do not
// count.
std::optional<NextStep> best_step(const Problem& problem, const Instance& instance, const Schedule& schedule,
                                  Assignment assignment, std::size_t app) {
  const auto& options = instance.apps[app].options;
  const double now = schedule.apps[app].f1;
  std::optional<NextStep> best;
  double best_ratio = 0;
  for (std::size_t o = 0; o < options.size(); ++o) {
    if (options[o].f1 <= now + kEqual || !within_limits(problem.apps[app], options[o])) continue;
    assignment[app] = o;
    const auto cost = cost_of(instance, assignment);
    if (!cost) continue;
    const double extra = *cost - schedule.cost;
    const double ratio = extra > 0 ? (options[o].f1 - now) / extra : std::numeric_limits<double>::infinity();
    if (best && ratio <= best_ratio) continue;
    best_ratio = ratio;
    best = NextStep{choice_of(problem.apps[app], options[o]), options[o].f1, extra, {}, {}};
  }
  return best;
}

// Solves again with the step taken, and notes who gains and who loses.
void take(const Problem& problem, const Schedule& schedule, const SolveOptions& options, std::size_t app,
          NextStep& step) {
  Problem forced = problem;
  forced.apps[app].fixed_candidate = step.choice.candidate;
  forced.apps[app].fixed_fps = step.choice.fps;
  SolveOptions from_here = options;
  from_here.current = &schedule;
  step.taken = solve(forced, from_here);
  if (!step.taken.feasible) return;
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    const double before = schedule.apps[a].f1, after = step.taken.apps[a].f1;
    if (a != app && std::abs(before - after) > kEqual) step.others.push_back({a, before, after});
  }
  std::ranges::sort(step.others, {}, [](const F1Change& change) { return change.after - change.before; });
}

}  // namespace

std::vector<std::optional<NextStep>> next_steps(const Problem& problem, const Schedule& schedule,
                                                const SolveOptions& options) {
  const Instance instance = make_instance(problem, expand(problem, expansion_for(options.algorithm)));
  const Assignment assignment = assignment_of(problem, instance, schedule);
  std::vector<std::optional<NextStep>> steps;
  for (std::size_t app = 0; app < problem.apps.size() && !(options.stop && options.stop()); ++app) {
    auto& step = steps.emplace_back(best_step(problem, instance, schedule, assignment, app));
    if (step) take(problem, schedule, options, app, *step);
  }
  return steps;
}

}  // namespace mainstream
