#include "schedule/search/stem_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "schedule/search/algorithm_options.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// Some stems with their apps, and where these are in the whole.
struct PartOfProblem {
  Problem problem;
  std::vector<std::size_t> stems, apps;
};

PartOfProblem part_with(const Problem& problem, const std::set<std::size_t>& stems, double budget) {
  PartOfProblem part;
  part.problem.name = problem.name;
  part.problem.budget = budget;
  for (const std::size_t stem : stems) {
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
      if (problem.apps[a].stem != stem) continue;
      part.problem.apps.push_back(problem.apps[a]);
      part.problem.apps.back().stem = part.stems.size();
      part.apps.push_back(a);
    }
    part.problem.stems.push_back(problem.stems[stem]);
    part.stems.push_back(stem);
  }
  return part;
}

Schedule infeasible(Schedule cheapest, std::string reason) {
  cheapest.feasible = false;
  cheapest.reason = std::move(reason);
  return cheapest;
}

// The search for schedules within the limits, stem by stem.
class LimitKeeper {
 public:
  LimitKeeper(const Problem& problem, const SolveOptions& options, const SolvePart& solve)
      : problem_(problem), options_(options), solve_(solve), choices_(problem.apps.size()) {
    for (const Problem::App& app : problem.apps) others_.insert(app.stem);
    left_ = problem.budget;
  }

  Schedule run(Schedule schedule) {
    std::vector<double> loads = stem_loads(problem_, schedule);
    double price = schedule.price;
    for (auto over = stems_over(loads); !over.empty(); over = stems_over(loads)) {
      for (const std::size_t stem : over) {
        const Schedule alone = solve_part({stem}, std::min(left_, problem_.stems[stem].limit));
        if (!alone.feasible) {
          return infeasible(
              std::move(schedule),
              fmt::format("stream {}: {}; one worker gives {:.6g} per second", problem_.stems[stem].stream,
                          alone.reason, problem_.stems[stem].limit));
        }
        left_ -= alone.cost;
        others_.erase(stem);
      }
      if (others_.empty()) break;
      const Schedule rest = solve_part(others_, std::max(left_, 1e-9));
      if (!rest.feasible) return infeasible(std::move(schedule), rest.reason);
      price = rest.price;
      loads = loads_;
    }
    Schedule kept = evaluate(problem_, choices_, expansion_for(options_.algorithm).alone);
    kept.bound = schedule.bound;
    kept.price = price;
    return kept;
  }

 private:
  [[nodiscard]] std::vector<std::size_t> stems_over(const std::vector<double>& loads) const {
    std::vector<std::size_t> over;
    for (const std::size_t stem : others_)
      if (!within_budget(loads[stem], problem_.stems[stem].limit)) over.push_back(stem);
    return over;
  }

  // Notes its choices and loads.
  Schedule solve_part(const std::set<std::size_t>& stems, double budget) {
    const PartOfProblem part = part_with(problem_, stems, budget);
    Schedule schedule = solve_(part.problem, options_);
    if (!schedule.feasible) return schedule;
    for (std::size_t i = 0; i < part.apps.size(); ++i) choices_[part.apps[i]] = schedule.apps[i].choice;
    loads_.assign(problem_.stems.size(), 0);
    const std::vector<double> loads = stem_loads(part.problem, schedule);
    for (std::size_t s = 0; s < loads.size(); ++s) loads_[part.stems[s]] = loads[s];
    return schedule;
  }

  const Problem& problem_;
  const SolveOptions& options_;
  const SolvePart& solve_;
  std::vector<Choice> choices_;
  std::vector<double> loads_;     // of the part that was solved last, by stem of the whole
  std::set<std::size_t> others_;  // stems that are not settled
  double left_ = 0;               // of the budget
};

}  // namespace

std::vector<double> stem_loads(const Problem& problem, const Schedule& schedule) {
  std::vector<double> loads(problem.stems.size(), 0);
  for (std::size_t a = 0; a < schedule.apps.size(); ++a)
    loads[problem.apps[a].stem] += schedule.apps[a].own_cost;
  for (const Schedule::Segment& segment : schedule.shared) loads[segment.stem] += segment.cost;
  return loads;
}

Schedule keep_stem_limits(const Problem& problem, const SolveOptions& options, Schedule schedule,
                          const SolvePart& solve) {
  if (!schedule.feasible) return schedule;
  const std::vector<double> loads = stem_loads(problem, schedule);
  bool over = false;
  for (std::size_t s = 0; s < loads.size(); ++s)
    over = over || !within_budget(loads[s], problem.stems[s].limit);
  return over ? LimitKeeper(problem, options, solve).run(std::move(schedule)) : schedule;
}

}  // namespace mainstream
