// Names, cost and quality of a given schedule.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mainstream/error.hpp"
#include "schedule/answer.hpp"
#include "schedule/curve.hpp"

namespace mainstream {
namespace {

constexpr std::array kAlgorithms{
    std::pair{Algorithm::automatic, "auto"}, std::pair{Algorithm::optimal, "optimal"},
    std::pair{Algorithm::fast, "fast"},      std::pair{Algorithm::greedy, "greedy"},
    std::pair{Algorithm::fixed, "fixed"},    std::pair{Algorithm::max_sharing, "max-sharing"},
    std::pair{Algorithm::apart, "apart"},    std::pair{Algorithm::no_sharing, "no-sharing"}};
constexpr std::array kObjectives{std::pair{Objective::mean, "mean"},
                                 std::pair{Objective::max_min, "max-min"}};

std::optional<double> known(double value) {
  return value == InstanceOption::kUnknown ? std::nullopt : std::optional(value);
}

// The shared segments of one stem, neighbours of one rate and precision joined, and what they cost.
void add_segments(const Instance& instance, const Assignment& assignment, std::size_t s, Schedule& schedule) {
  const InstanceStem& stem = instance.stems[s];
  int deepest_rate = 0, precision = 0;
  std::vector<Schedule::Segment> segments;
  for (std::size_t j = stem.levels.size(); j-- > 1;) {
    for (const std::size_t a : stem.apps) {
      const InstanceOption& option = instance.apps[a].options[assignment[a]];
      if (option.level != static_cast<int>(j)) continue;
      deepest_rate = std::max(deepest_rate, option.rate);
      precision = option.stem_precision;
    }
    if (deepest_rate == 0) continue;
    const double per_frame = stem.segment_costs[static_cast<std::size_t>(precision)][j];
    int used = precision;  // a more exact one where that costs the same or less, if it costs anything
    while (used > 0 && per_frame > 0 &&
           stem.segment_costs[static_cast<std::size_t>(used) - 1][j] <= per_frame) {
      --used;
    }
    const double fps = stem.rates[static_cast<std::size_t>(deepest_rate)];
    const double cost = per_frame * fps;
    if (!segments.empty() && segments.back().fps == fps && segments.back().precision == used) {
      segments.back().first_layer = stem.levels[j - 1];
      segments.back().cost += cost;
    } else {
      segments.push_back({s, stem.levels[j - 1], stem.levels[j], fps, used, cost});
    }
  }
  schedule.shared.insert(schedule.shared.end(), segments.rbegin(), segments.rend());
}

void add_means(const Problem& problem, Schedule& schedule) {
  double sum = 0, weights = 0;
  schedule.min_f1 = schedule.apps.front().f1;
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    sum += problem.apps[a].weight * schedule.apps[a].f1;
    weights += problem.apps[a].weight;
    schedule.min_f1 = std::min(schedule.min_f1, schedule.apps[a].f1);
  }
  schedule.mean_f1 = sum / weights;
}

// False when nothing tells what these votes are worth. 0 votes: as it is.
bool set_votes(const Problem::App& app, int votes, InstanceOption& option) {
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

std::size_t find_option(const Problem::App& app, std::vector<InstanceOption>& options, const Choice& choice) {
  Choice any_votes = choice;
  if (app.options.empty()) any_votes.votes = 0;
  const auto found =
      std::ranges::find_if(options, [&](const auto& o) { return is_choice(app, o, any_votes); });
  if (found != options.end() && set_votes(app, choice.votes, *found)) {
    return static_cast<std::size_t>(found - options.begin());
  }
  throw Error(ErrorKind::usage,
              fmt::format("app \"{}\" cannot be set to candidate {} at {} fps{}", app.id,
                          choice.candidate.empty() ? std::to_string(choice.frozen) : choice.candidate,
                          choice.fps, choice.votes == 0 ? "" : fmt::format(" with {} votes", choice.votes)));
}

}  // namespace

const char* to_string(Algorithm algorithm) {
  for (const auto& [value, name] : kAlgorithms)
    if (value == algorithm) return name;
  return "?";
}

const char* to_string(Objective objective) {
  for (const auto& [value, name] : kObjectives)
    if (value == objective) return name;
  return "?";
}

std::optional<Algorithm> algorithm_from(const std::string& name) {
  for (const auto& [value, known] : kAlgorithms)
    if (name == known) return value;
  return std::nullopt;
}

std::optional<Objective> objective_from(const std::string& name) {
  for (const auto& [value, known] : kObjectives)
    if (name == known) return value;
  return std::nullopt;
}

bool within_budget(double cost, double budget) {
  return cost <= budget + 1e-9 * std::max(1.0, budget);
}

Schedule make_schedule(const Problem& problem, const Instance& instance, const Assignment& assignment) {
  Schedule schedule;
  schedule.budget = problem.budget;
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    const InstanceOption& option = instance.apps[a].options[assignment[a]];
    schedule.apps.push_back({problem.apps[a].id, choice_of(problem.apps[a], option), option.f1,
                             known(option.recall), known(option.precision), option.own_cost});
    schedule.cost += option.own_cost;
  }
  for (std::size_t s = 0; s < instance.stems.size(); ++s) add_segments(instance, assignment, s, schedule);
  for (const Schedule::Segment& segment : schedule.shared) schedule.cost += segment.cost;
  schedule.feasible = within_budget(schedule.cost, schedule.budget);
  add_means(problem, schedule);
  return schedule;
}

Schedule evaluate(const Problem& problem, const std::vector<Choice>& choices, bool alone) {
  validate(problem);
  if (choices.size() != problem.apps.size()) {
    throw Error(ErrorKind::usage, fmt::format("{} choices for {} apps", choices.size(), problem.apps.size()));
  }
  Instance instance = make_instance(problem, expand(problem, {alone, true}));
  Assignment assignment;
  for (std::size_t a = 0; a < choices.size(); ++a) {
    assignment.push_back(find_option(problem.apps[a], instance.apps[a].options, choices[a]));
  }
  if (!assignment_cost(instance, assignment)) {
    throw Error(ErrorKind::usage, "the stem precisions of these choices cannot go together");
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
