#include "run/planner.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "mainstream/estimates.hpp"
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

std::size_t candidate_with(const Manifest& manifest, const std::string& id) {
  const auto found = std::ranges::find(manifest.candidates, id, &Candidate::id);
  return static_cast<std::size_t>(found - manifest.candidates.begin());
}

int layers_before(const Base& base, int frozen) {
  return frozen == 0 ? 0 : static_cast<int>(base.branchpoints[static_cast<std::size_t>(frozen) - 1].layers);
}

// What the stream can give, and what is in force already.
std::vector<double> rates(double stream_fps, const std::vector<Setting>& settings) {
  std::vector<double> rates = stream_rates(stream_fps);
  for (const Setting& setting : settings) rates.push_back(std::min(setting.fps, stream_fps));
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

Problem::LayerCosts layer_costs(const AppMix& mix, const Costs& costs, Precision precision) {
  std::vector<double> layers(mix.base.branchpoints.size(), 0.0);
  if (mix.mode != Mode::no_sharing) {
    layers[0] = costs.scale_ms;
    for (std::size_t i = 0; i < mix.branchpoints.size(); ++i) {
      layers[base_branchpoint(mix.base, mix.branchpoints[i])] += costs.stem_ms.at(precision)[i];
    }
  }
  return {to_string(precision), std::move(layers)};
}

// Of the way to each of the mix's branchpoints. What no app runs goes on like what is before it.
StemPrecisions stem_precisions(const AppMix& mix, const std::vector<Schedule::Segment>& shared) {
  StemPrecisions precisions;
  if (mix.mode == Mode::no_sharing) return precisions;
  for (const std::string& tensor : mix.branchpoints) {
    const auto layer = static_cast<int>(base_branchpoint(mix.base, tensor));
    const auto segment = std::ranges::find_if(shared, [&](const Schedule::Segment& part) {
      return part.first_layer <= layer && layer < part.end_layer;
    });
    const auto before = precisions.empty() ? Precision::f32 : precisions.back();
    precisions.push_back(
        segment == shared.end() ? before : mix.precisions[static_cast<std::size_t>(segment->precision)]);
  }
  return precisions;
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
    choice.candidate = candidate.id;
    choice.fps = std::min(settings[app].fps, options_.stream_fps);
    choice.tail_precision = index_of(mix_.precisions, settings[app].precisions.tail);
    if (mix_.mode != Mode::no_sharing) {
      choice.stem_precision = index_of(mix_.precisions, settings[app].precisions.stem);
    }
  }
  return planned(mainstream::evaluate(problem(costs, budget, settings), choices));
}

Problem Planner::problem(const Costs& costs, double budget, const std::vector<Setting>& settings) const {
  Problem problem;
  problem.budget = budget;
  Problem::Stem& stem = problem.stems.emplace_back();
  stem.stream_fps = options_.stream_fps;
  stem.fps_options = rates(options_.stream_fps, settings);
  for (const Precision precision : mix_.precisions) {
    stem.layer_costs.push_back(layer_costs(mix_, costs, precision));
  }
  for (std::size_t app = 0; app < mix_.apps.size(); ++app) {
    problem.apps.push_back(problem_app(costs, app, stem.layer_costs));
  }
  return pool_estimates(std::move(problem));
}

Problem::App Planner::problem_app(const Costs& costs, std::size_t app,
                                  const std::vector<Problem::LayerCosts>& layer_costs) const {
  const Manifest& manifest = mix_.apps[app].package.manifest();
  Problem::App result = describe_app(manifest, mix_.precisions);
  const auto precision = [&](int index) { return mix_.precisions[static_cast<std::size_t>(index)]; };
  std::erase_if(result.candidates, [&](const Problem::Candidate& entry) {
    const Candidate& candidate = manifest.candidates[candidate_with(manifest, entry.id)];
    const std::vector<PrecisionPair> possible = mix_.precisions_of(candidate);
    const PrecisionPair pair{precision(entry.stem_precision), precision(entry.tail_precision)};
    return std::ranges::find(possible, pair) == possible.end();
  });
  // All candidates, even those that the mode does not use: the accuracy curve is corrected over all.
  for (Problem::Candidate& entry : result.candidates) {
    const std::size_t candidate = candidate_with(manifest, entry.id);
    const std::vector<double>& layers = layer_costs[static_cast<std::size_t>(entry.tail_precision)].costs;
    const auto own = costs.own_ms[app][candidate].find(precision(entry.tail_precision));
    entry.frozen = frozen_count(mix_.base, manifest.candidates[candidate]);
    const double replaced = std::accumulate(layers.begin() + entry.frozen, layers.end(), 0.0);
    if (own != costs.own_ms[app][candidate].end()) entry.head_cost = std::max(0.0, own->second - replaced);
    if (mix_.mode != Mode::no_sharing) continue;
    entry.head_cost += costs.scale_ms;
    entry.stem_precision = 0;
  }
  return result;
}

Planned Planner::planned(Schedule schedule) const {
  Planned result;
  result.stem = stem_precisions(mix_, schedule.shared);
  const auto precision = [&](int index) { return mix_.precisions[static_cast<std::size_t>(index)]; };
  for (std::size_t app = 0; app < schedule.apps.size(); ++app) {
    Choice& choice = schedule.apps[app].choice;
    choice.frozen = layers_before(mix_.base, choice.frozen);
    if (mix_.mode == Mode::no_sharing && choice.frozen > 0) choice.stem_precision = choice.tail_precision;
    result.settings.push_back({candidate_with(mix_.apps[app].package.manifest(), choice.candidate),
                               choice.fps,
                               {precision(choice.stem_precision), precision(choice.tail_precision)}});
  }
  for (Schedule::Segment& segment : schedule.shared) {
    segment.first_layer = layers_before(mix_.base, segment.first_layer);
    segment.end_layer = layers_before(mix_.base, segment.end_layer);
  }
  result.schedule = std::move(schedule);
  return result;
}

}  // namespace mainstream
