#include "run/planner.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "run/package_problem.hpp"

namespace mainstream {
namespace {

// Where a search for the optimum ends: apps wait for it.
constexpr auto kSearchTime = std::chrono::milliseconds(500);

std::size_t base_branchpoint(const Base& base, const std::string& tensor) {
  const auto found = std::find_if(base.branchpoints.begin(), base.branchpoints.end(),
                                  [&](const Branchpoint& point) { return point.tensor == tensor; });
  return static_cast<std::size_t>(found - base.branchpoints.begin());
}

int frozen_count(const Base& base, const Candidate& candidate) {
  return static_cast<int>(base_branchpoint(base, candidate.branchpoint)) + 1;
}

// What the stream can give, and what is in force already.
std::vector<double> rates(double stream_fps, const std::vector<Setting>& settings) {
  std::vector<double> rates = stream_rates(stream_fps);
  for (const Setting& setting : settings) rates.push_back(std::min(setting.fps, stream_fps));
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

std::vector<double> layer_costs(const AppMix& mix, const Costs& costs) {
  std::vector<double> layers(mix.base.branchpoints.size(), 0.0);
  if (mix.mode == Mode::no_sharing) return layers;
  layers[0] = costs.scale_ms;
  for (std::size_t i = 0; i < mix.branchpoints.size(); ++i) {
    layers[base_branchpoint(mix.base, mix.branchpoints[i])] += costs.stem_ms[i];
  }
  return layers;
}

Algorithm algorithm_for(Mode mode, Algorithm wanted) {
  switch (mode) {
    case Mode::no_sharing:
      return Algorithm::no_sharing;
    case Mode::max_sharing:
      return Algorithm::max_sharing;
    case Mode::mainstream:
      break;
  }
  return wanted;
}

}  // namespace

Planned Planner::solve(const Costs& costs, double budget) const {
  const auto deadline = std::chrono::steady_clock::now() + kSearchTime;
  SolveOptions options;
  options.algorithm = algorithm_for(mix_.mode, options_.algorithm);
  options.objective = options_.objective;
  options.stop = [deadline] { return std::chrono::steady_clock::now() > deadline; };
  Schedule schedule = mainstream::solve(problem(costs, budget, {}), options);
  if (mix_.mode != Mode::mainstream) schedule.bound.reset();  // what the mode leaves out was not measured
  return planned(std::move(schedule));
}

Planned Planner::evaluate(const Costs& costs, double budget, const std::vector<Setting>& settings) const {
  std::vector<Choice> choices;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    const Candidate& candidate = mix_.apps[app].candidate(settings[app].candidate);
    Choice& choice = choices.emplace_back();
    choice.frozen = frozen_count(mix_.base, candidate);
    choice.fps = std::min(settings[app].fps, options_.stream_fps);
  }
  return planned(mainstream::evaluate(problem(costs, budget, settings), choices));
}

Problem Planner::problem(const Costs& costs, double budget, const std::vector<Setting>& settings) const {
  Problem problem;
  problem.budget = budget;
  Problem::Stem& stem = problem.stems.emplace_back();
  stem.stream_fps = options_.stream_fps;
  stem.fps_options = rates(options_.stream_fps, settings);
  stem.layer_costs = {{"f32", layer_costs(mix_, costs)}};
  for (std::size_t app = 0; app < mix_.apps.size(); ++app) {
    problem.apps.push_back(problem_app(costs, app, stem.layer_costs[0].costs));
  }
  return problem;
}

Problem::App Planner::problem_app(const Costs& costs, std::size_t app,
                                  const std::vector<double>& layer_costs) const {
  const Manifest& manifest = mix_.apps[app].package.manifest();
  Problem::App result = describe_app(manifest);
  // All candidates, even those that the mode does not use: the accuracy curve is corrected over all.
  for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
    const Candidate& candidate = manifest.candidates[i];
    Problem::Candidate& entry = result.candidates[i];
    entry.frozen = frozen_count(mix_.base, candidate);
    const double replaced = std::accumulate(layer_costs.begin() + entry.frozen, layer_costs.end(), 0.0);
    entry.head_cost = std::max(0.0, costs.own_ms[app][i] - replaced);
    if (mix_.mode == Mode::no_sharing) entry.head_cost += costs.scale_ms;
  }
  return result;
}

Planned Planner::planned(Schedule schedule) const {
  Planned result;
  for (std::size_t app = 0; app < schedule.apps.size(); ++app) {
    Choice& choice = schedule.apps[app].choice;
    const std::vector<Candidate>& candidates = mix_.apps[app].package.manifest().candidates;
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
      return frozen_count(mix_.base, candidate) == choice.frozen;
    });
    result.settings.push_back({static_cast<std::size_t>(found - candidates.begin()), choice.fps});
    choice.frozen = static_cast<int>(found->frozen_layers);
  }
  const auto layers_before = [&](int frozen) {
    return frozen == 0
               ? 0
               : static_cast<int>(mix_.base.branchpoints[static_cast<std::size_t>(frozen) - 1].layers);
  };
  for (Schedule::Segment& segment : schedule.shared) {
    segment.first_layer = layers_before(segment.first_layer);
    segment.end_layer = layers_before(segment.end_layer);
  }
  result.schedule = std::move(schedule);
  return result;
}

}  // namespace mainstream
