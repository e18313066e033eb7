// Planner: solves the problem of a mix and reads the schedule back into the mix's terms.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <utility>

#include "mainstream/planning.hpp"
#include "plan/decoding_choice.hpp"
#include "plan/problem.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// The number types of a stem by place, as in MixPlan.
std::vector<NumberType> stem_types(const Mix& mix, std::size_t stem,
                                   const std::vector<Schedule::Segment>& shared) {
  const std::vector<NumberType>& types = mix.stems[stem].number_types;
  std::vector<NumberType> by_place;
  for (std::size_t place = 0; place < mix.stems[stem].base.branchpoints.size(); ++place) {
    const auto layer = static_cast<int>(place);
    const auto segment = std::ranges::find_if(shared, [&](const Schedule::Segment& part) {
      return part.stem == stem && part.first_layer <= layer && layer < part.end_layer;
    });
    const NumberType before = by_place.empty() ? NumberType::f32 : by_place.back();
    by_place.push_back(segment == shared.end() ? before
                                               : types[static_cast<std::size_t>(segment->number_type)]);
  }
  return by_place;
}

}  // namespace

Algorithm algorithm_of(Mode mode, Algorithm wanted) {
  switch (mode) {
    case Mode::fixed:
      return Algorithm::fixed;
    case Mode::max_sharing:
      return Algorithm::max_sharing;
    case Mode::apart:
      return Algorithm::apart;
    case Mode::no_sharing:
      return Algorithm::no_sharing;
    case Mode::mainstream:
      break;
  }
  return wanted;
}

Planner::Planner(const Mix& mix, const Options& options)
    : mix_(mix), options_(options), described_(estimate_mix(mix, options.mode)) {}

Problem Planner::problem(const Costs& costs, double networks_budget) const {
  Problem problem = described_;
  problem.budget = std::max(1e-9, networks_budget);
  for (Problem::Stem& stem : problem.stems) stem.limit = options_.stem_limit;
  put_costs(mix_, costs, problem);
  return problem;
}

double Planner::decoding(const Costs& costs, const std::vector<Setting>& settings) const {
  const DecodingChoice choice(mix_, costs);
  return choice.ms_per_s(choice.serving(settings));
}

MixPlan Planner::with_decoding(MixPlan plan, const Costs& costs, double budget) const {
  Schedule& schedule = plan.schedule;
  plan.decoding = decoding(costs, plan.settings);
  schedule.cost += plan.decoding;
  schedule.budget = budget;
  if (schedule.feasible || plan.decoding == 0) return plan;
  if (plan.decoding >= budget) {
    schedule.reason = fmt::format("decoding alone costs {:.6g}, the budget is {:.6g}", plan.decoding, budget);
  } else {
    schedule.reason += fmt::format(" (decoding takes {:.6g} of {:.6g})", plan.decoding, budget);
  }
  return plan;
}

struct Planner::Solved {
  DecodingChoice::Ways ways;
  double decoding = 0;
  Problem problem;
  Schedule schedule;

  [[nodiscard]] bool better_than(const Solved& other) const {
    const Schedule &mine = schedule, &theirs = other.schedule;
    if (mine.feasible != theirs.feasible) return mine.feasible;
    const bool cheaper = mine.cost + decoding < theirs.cost + other.decoding;
    if (!mine.feasible) return cheaper && !mine.apps.empty();
    const auto quality = [](const Schedule& of) {
      return of.objective == Objective::max_min ? std::pair(of.min_f1, of.mean_f1)
                                                : std::pair(of.mean_f1, 0.0);
    };
    const auto [first, second] = quality(mine);
    const auto [their_first, their_second] = quality(theirs);
    if (std::abs(first - their_first) > kEqual) return first > their_first;
    if (std::abs(second - their_second) > kEqual) return second > their_second;
    return cheaper;
  }
};

// What decoding costs depends on the highest rate of a stream's apps, in steps. Each attempt has given ways
// of decoding, so the scheduler sees a fixed cost and a limit to the rates. A schedule for the last ways
// shows which ones it needs; then each stream's other ways are tried in turn.
MixPlan Planner::solve(const Costs& costs, double budget) const {
  const DecodingChoice choice(mix_, costs);
  using Ways = DecodingChoice::Ways;
  const std::size_t attempts = 1 + choice.neighbours(choice.last()).size();
  const auto enough = stop_after(kSearchTime);
  SolveOptions options;
  options.algorithm = algorithm_of(options_.mode, options_.algorithm);
  options.objective = options_.objective;

  std::optional<Solved> best;
  std::set<Ways> tried;
  const auto attempt = [&](const Ways& ways) {
    if (!tried.insert(ways).second || (best && enough())) return;
    const double decoding = choice.ms_per_s(ways);
    Solved solved{ways, decoding, problem(costs, budget - decoding), {}};
    if (!choice.limit_rates(ways, solved.problem)) return;
    options.stop = stop_after(std::chrono::duration<double>(kSearchTime) / attempts);
    solved.schedule = mainstream::solve(solved.problem, options);
    if (!best || solved.better_than(*best)) best = std::move(solved);
  };
  attempt(choice.last());
  attempt(choice.serving(plan_of(best->schedule).settings));
  attempt(choice.first());
  for (const Ways& ways : choice.neighbours(best->ways)) attempt(ways);
  return with_decoding(plan_of(spend_rest(best->problem, best->schedule)), costs, budget);
}

std::vector<std::optional<NextStep>> Planner::next_steps(const Costs& costs, const MixPlan& plan) const {
  SolveOptions options;
  options.algorithm = algorithm_of(options_.mode, options_.algorithm);
  options.objective = options_.objective;
  options.stop = stop_after(kSearchTime);
  const DecodingChoice choice(mix_, costs);
  Problem problem = this->problem(costs, plan.schedule.budget - plan.decoding);
  (void)choice.limit_rates(choice.serving(plan.settings), problem);
  Schedule schedule = plan.schedule;  // as the scheduler made it, which does not know of decoding
  schedule.cost -= plan.decoding;
  schedule.budget = problem.budget;
  return mainstream::next_steps(problem, schedule, options);
}

MixPlan Planner::evaluate(const Costs& costs, double budget, const std::vector<Setting>& settings) const {
  Problem problem = this->problem(costs, budget - decoding(costs, settings));
  std::vector<Choice> choices;
  for (std::size_t a = 0; a < settings.size(); ++a) {
    const Mix::App& app = mix_.apps[a];
    const Mix::Stem& stem = mix_.stems[app.stem];
    const Setting& setting = settings[a];
    Choice& choice = choices.emplace_back();
    choice.candidate = setting.candidate;
    choice.frozen = static_cast<int>(mix_.place(app.stem, setting.branchpoint)) + 1;
    choice.fps = std::min(setting.fps, stem.fps);
    choice.votes = setting.votes;
    choice.stem_type = index_of(stem.number_types, setting.number_types.stem);
    choice.tail_type = index_of(stem.number_types, setting.number_types.tail);
    // A rate from a schedule file need not be on the grid.
    std::vector<double>& rates = problem.stems[app.stem].fps_options;
    const auto place = std::ranges::lower_bound(rates, choice.fps);
    if (place == rates.end() || *place != choice.fps) rates.insert(place, choice.fps);
  }
  return with_decoding(plan_of(mainstream::evaluate(problem, choices, runs_alone(options_.mode))), costs,
                       budget);
}

MixPlan Planner::plan_of(Schedule schedule) const {
  MixPlan plan;
  for (std::size_t s = 0; s < mix_.stems.size(); ++s)
    plan.stem_types.push_back(stem_types(mix_, s, schedule.shared));
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    const Choice& choice = schedule.apps[a].choice;
    const std::vector<NumberType>& types = mix_.stems[mix_.apps[a].stem].number_types;
    plan.settings.push_back(mix_.setting(a, choice.candidate, choice.fps, choice.votes,
                                         {types[static_cast<std::size_t>(choice.stem_type)],
                                          types[static_cast<std::size_t>(choice.tail_type)]}));
  }
  plan.schedule = std::move(schedule);
  return plan;
}

}  // namespace mainstream
