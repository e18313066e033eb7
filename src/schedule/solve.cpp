// From a problem to the algorithm that was asked for and back.
#include <fmt/format.h>

#include <algorithm>

#include "schedule/answer.hpp"
#include "schedule/greedy.hpp"
#include "schedule/optimal.hpp"

namespace mainstream {
namespace {

using Options = std::vector<InstanceOption>;

bool allowed(const Problem::App& app, const InstanceOption& option) {
  const Choice& choice = option.choice;
  return !(app.min_fps && choice.fps < *app.min_fps) && !(app.max_fps && choice.fps > *app.max_fps) &&
         !(app.fixed_fps && choice.fps != *app.fixed_fps) &&
         !(app.fixed_frozen && choice.frozen != *app.fixed_frozen) &&
         !(app.min_f1 && option.f1 < *app.min_f1 - 1e-9);
}

// What the sharing modes leave: the least frozen candidate, or the most frozen one.
void apply_mode(Algorithm algorithm, Options& options) {
  if (algorithm != Algorithm::no_sharing && algorithm != Algorithm::max_sharing) return;
  const auto [least, most] =
      std::minmax_element(options.begin(), options.end(),
                          [](const auto& a, const auto& b) { return a.choice.frozen < b.choice.frozen; });
  const int frozen = algorithm == Algorithm::no_sharing ? least->choice.frozen : most->choice.frozen;
  std::erase_if(options, [&](const InstanceOption& option) { return option.choice.frozen != frozen; });
}

Schedule no_options_left(const Problem& problem, const std::string& app) {
  Schedule schedule;
  schedule.budget = problem.budget;
  schedule.reason = fmt::format("app \"{}\" has no option left within its own limits", app);
  return schedule;
}

Schedule run(const Problem& problem, const SolveOptions& options) {
  const bool no_sharing = options.algorithm == Algorithm::no_sharing;
  auto choices = expand(problem, no_sharing ? rates_without_sharing() : std::vector<double>{});
  for (std::size_t a = 0; a < choices.size(); ++a) {
    apply_mode(options.algorithm, choices[a]);
    std::erase_if(choices[a], [&](const auto& option) { return !allowed(problem.apps[a], option); });
    if (choices[a].empty()) return no_options_left(problem, problem.apps[a].id);
  }
  const Instance instance = make_instance(problem, std::move(choices));
  const bool exact = no_sharing || options.algorithm == Algorithm::max_sharing;
  const auto assignment = exact ? optimal(instance) : greedy(instance);
  if (!assignment) {
    Schedule cheapest = make_schedule(problem, instance, greedy(instance));
    cheapest.feasible = false;
    cheapest.reason = fmt::format("the cheapest schedule costs {:.6g}, the budget is {:.6g}", cheapest.cost,
                                  problem.budget);
    return cheapest;
  }
  Schedule schedule = make_schedule(problem, instance, *assignment);
  schedule.proven = exact;
  if (exact) schedule.bound = schedule.mean_f1;
  if (!schedule.feasible) {
    schedule.reason = fmt::format("the cheapest schedule costs {:.6g}, the budget is {:.6g}", schedule.cost,
                                  problem.budget);
  }
  return schedule;
}

}  // namespace

Schedule solve(const Problem& problem, const SolveOptions& options) {
  validate(problem);
  Schedule schedule = run(problem, options);
  schedule.algorithm = options.algorithm;
  schedule.objective = options.objective;
  return schedule;
}

}  // namespace mainstream
