#include <algorithm>
#include <limits>

#include "mainstream/schedule_advice.hpp"
#include "schedule/limits.hpp"
#include "schedule/modes.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

Assignment assignment_of(const Problem& problem, const Instance& instance, const Schedule& schedule) {
  Assignment assignment;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    const auto& options = instance.apps[a].options;
    const auto found = std::find_if(options.begin(), options.end(), [&](const InstanceOption& option) {
      return is_choice(problem.apps[a], option, schedule.apps[a].choice);
    });
    assignment.push_back(static_cast<std::size_t>(found - options.begin()));
  }
  return assignment;
}

// What an app has, or could have without cost, has nothing to teach: a step brings F1 and costs something.
std::optional<NextStep> best_step(const Problem& problem, const Instance& instance, const Schedule& schedule,
                                  Assignment assignment, std::size_t app) {
  const auto& options = instance.apps[app].options;
  const double now = schedule.apps[app].f1;
  std::optional<NextStep> best;
  double best_ratio = 0;
  for (std::size_t o = 0; o < options.size(); ++o) {
    if (options[o].f1 <= now + kSame || !within_limits(problem.apps[app], options[o])) continue;
    assignment[app] = o;
    const auto cost = assignment_cost(instance, assignment);
    if (!cost) continue;
    const double extra = *cost - schedule.cost;
    const double ratio = extra > 0 ? (options[o].f1 - now) / extra : std::numeric_limits<double>::infinity();
    if (best && ratio <= best_ratio) continue;
    best_ratio = ratio;
    best = NextStep{choice_of(problem.apps[app], options[o]), options[o].f1, extra, {}, {}};
  }
  return best;
}

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
    if (a != app && std::abs(before - after) > kSame) step.others.push_back({a, before, after});
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
