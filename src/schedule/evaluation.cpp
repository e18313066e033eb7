// Cost and quality of a given schedule: docs/scheduling.md, "Cost" and "Quality".
#include "schedule/evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mainstream/error.hpp"
#include "schedule/candidate_quality.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

std::optional<double> if_known(double value) {
  return value == AppOption::kUnknown ? std::nullopt : std::optional(value);
}

// The number type that a segment runs in when `type` is asked for: a more exact one where that is as cheap.
int type_used(const StemGrid& stem, std::size_t segment, int type) {
  const double frame_cost = stem.segment_costs[static_cast<std::size_t>(type)][segment];
  while (type > 0 && frame_cost > 0 &&
         stem.segment_costs[static_cast<std::size_t>(type) - 1][segment] <= frame_cost) {
    --type;
  }
  return type;
}

// Adds the shared segments of one stem; neighbours with the same rate and number type become one.
void add_segments(const Instance& instance, const Assignment& assignment, std::size_t s, Schedule& schedule) {
  const StemGrid& stem = instance.stems[s];
  const StemDemand demand = demand_on(instance, stem, assignment);
  std::vector<Schedule::Segment> segments;
  for (std::size_t j = stem.levels.size(); j-- > 1;) {
    const SegmentDemand& asked = demand.segments[j];
    if (asked.rate == 0) continue;
    const int type = type_used(stem, j, asked.type);
    const double fps = stem.rates[static_cast<std::size_t>(asked.rate)];
    const double cost = stem.segment_costs[static_cast<std::size_t>(asked.type)][j] * fps;
    if (!segments.empty() && segments.back().fps == fps && segments.back().number_type == type) {
      segments.back().first_layer = stem.levels[j - 1];
      segments.back().cost += cost;
    } else {
      segments.push_back({s, stem.levels[j - 1], stem.levels[j], fps, type, cost});
    }
  }
  schedule.shared.insert(schedule.shared.end(), segments.rbegin(), segments.rend());
}

void set_mean_and_min(const Problem& problem, Schedule& schedule) {
  double sum = 0, weights = 0;
  schedule.min_f1 = schedule.apps.front().f1;
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    sum += problem.apps[a].weight * schedule.apps[a].f1;
    weights += problem.apps[a].weight;
    schedule.min_f1 = std::min(schedule.min_f1, schedule.apps[a].f1);
  }
  schedule.mean_f1 = sum / weights;
}

// Sets an option's votes, and the quality that follows; votes == 0 leaves it as it is. False when the quality
// with these votes is unknown.
bool set_votes(const Problem::App& app, int votes, AppOption& option) {
  if (votes == 0 || votes == option.votes) return true;
  if (!app.options.empty()) return false;
  const auto quality = quality_with_votes(app.events, app.candidates[option.entry], option.fps, votes);
  if (!quality) return false;
  option.votes = votes;
  option.f1 = quality->f1;
  option.recall = quality->recall;
  option.precision = quality->precision;
  return true;
}

// The index of the chosen option, whose votes become those of the choice.
std::size_t choose(const Problem::App& app, std::vector<AppOption>& options, const Choice& choice) {
  Choice any_votes = choice;
  if (app.options.empty()) any_votes.votes = 0;
  const auto found = find_option(app, options, any_votes);
  if (found && set_votes(app, choice.votes, options[*found])) return *found;
  throw Error(ErrorKind::usage,
              fmt::format("app \"{}\" cannot run candidate {} at {} fps{}", app.id,
                          choice.candidate.empty() ? std::to_string(choice.frozen) : choice.candidate,
                          choice.fps, choice.votes == 0 ? "" : fmt::format(" with {} votes", choice.votes)));
}

}  // namespace

bool within_budget(double cost, double budget) {
  return cost <= budget + budget_tolerance(budget);
}

Schedule make_schedule(const Problem& problem, const Instance& instance, const Assignment& assignment) {
  Schedule schedule;
  schedule.budget = problem.budget;
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    const AppOption& option = instance.apps[a].options[assignment[a]];
    schedule.apps.push_back({problem.apps[a].id, choice_of(problem.apps[a], option), option.f1,
                             if_known(option.recall), if_known(option.precision), option.own_cost});
    schedule.cost += option.own_cost;
  }
  for (std::size_t s = 0; s < instance.stems.size(); ++s) add_segments(instance, assignment, s, schedule);
  for (const Schedule::Segment& segment : schedule.shared) schedule.cost += segment.cost;
  schedule.feasible = within_budget(schedule.cost, schedule.budget);
  set_mean_and_min(problem, schedule);
  return schedule;
}

Assignment assignment_of(const Problem& problem, const Instance& instance, const Schedule& schedule) {
  Assignment assignment;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    const auto option = find_option(problem.apps[a], instance.apps[a].options, schedule.apps[a].choice);
    if (!option) {
      throw Error(
          ErrorKind::usage,
          fmt::format("the schedule belongs to another problem: app \"{}\" has no candidate {} at {} fps",
                      problem.apps[a].id, schedule.apps[a].choice.candidate, schedule.apps[a].choice.fps));
    }
    assignment.push_back(*option);
  }
  return assignment;
}

Schedule evaluate(const Problem& problem, const std::vector<Choice>& choices, bool alone) {
  validate(problem);
  if (choices.size() != problem.apps.size()) {
    throw Error(ErrorKind::usage, fmt::format("expected {} choices, one for each app, got {}",
                                              problem.apps.size(), choices.size()));
  }
  Instance instance = make_instance(problem, expand(problem, {alone, true}));
  Assignment assignment;
  for (std::size_t a = 0; a < choices.size(); ++a) {
    assignment.push_back(choose(problem.apps[a], instance.apps[a].options, choices[a]));
  }
  if (!cost_of(instance, assignment)) {
    throw Error(ErrorKind::usage, "the stem number types of these choices do not fit together");
  }
  return make_schedule(problem, instance, assignment);
}

std::string candidate_id(const Problem::Candidate& candidate) {
  return candidate.id.empty() ? std::to_string(candidate.frozen) : candidate.id;
}

std::string candidate_id(const Problem::Option& option) {
  return option.candidate.empty() ? std::to_string(option.frozen) : option.candidate;
}

}  // namespace mainstream
