#include "run/costs.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace mainstream {
namespace {

constexpr int kFewest = 5, kMost = 100;  // timed runs
constexpr double kEnoughMs = 20;

double elapsed_ms(const Clock& clock, Clock::Time since) {
  return std::chrono::duration<double, std::milli>(clock.now() - since).count();
}

// On a busy machine some runs wait for a processor; the lower quartile tells what the work itself takes.
double lower_quartile(std::vector<double> values) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// Calls `run` until its times are reliable; for each of the times that it returns, a typical one.
std::vector<double> typical_times(const Clock& clock, const std::function<std::vector<double>()>& run) {
  run();  // the first one pays for memory and caches
  std::vector<std::vector<double>> times;
  const Clock::Time start = clock.now();
  for (int i = 0; i < kMost && (i < kFewest || elapsed_ms(clock, start) < kEnoughMs); ++i) {
    const std::vector<double> taken = run();
    times.resize(taken.size());
    for (std::size_t part = 0; part < taken.size(); ++part) times[part].push_back(taken[part]);
  }
  std::vector<double> typical;
  for (std::vector<double>& part : times) typical.push_back(lower_quartile(std::move(part)));
  return typical;
}

double typical_time(const Clock& clock, const std::function<void()>& run) {
  return typical_times(clock,
                       [&] {
                         const Clock::Time start = clock.now();
                         run();
                         return std::vector<double>{elapsed_ms(clock, start)};
                       })
      .front();
}

// Two tails of one structure do the same work, whatever their weights.
std::string structure(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes) {
    text += op_name(node.op) + " " + to_string(graph.shape(node.output));
    for (const std::string& input : node.inputs) {
      text += graph.is_constant(input) ? " const " + to_string(graph.constant(input).shape) : " " + input;
    }
    text += '\n';
  }
  return graph.inputs.front() + '\n' + text;
}

// Scaling first, then the stem's segments.
std::vector<double> measure_stem(SharedStem& shared, const Picture& picture, const Clock& clock) {
  return typical_times(clock, [&] {
    std::vector<double> times;
    Clock::Time start = clock.now();
    const auto lap = [&] {
      times.push_back(elapsed_ms(clock, start));
      start = clock.now();
    };
    shared.scaler.scale(picture, shared.input_values);
    shared.stem.load(shared.input_values);
    lap();
    for (std::size_t i = 0; i < shared.stem.branchpoints().size(); ++i) {
      shared.stem.run_to(i);
      lap();
    }
    return times;
  });
}

double measure_scaling(const InputSpec& input, const Picture& picture, const Clock& clock) {
  InputScaler scaler(input);
  std::vector<float> values(scaler.size());
  return typical_time(clock, [&] { scaler.scale(picture, values); });
}

StemPrecisions all_in(Precision precision, const AppMix& mix) {
  return StemPrecisions(mix.branchpoints.size(), precision);
}

bool runs_in(Precision precision, const Candidate& candidate, const AppMix& mix) {
  const auto pairs = mix.precisions_of(candidate);
  return std::ranges::find(pairs, precision, &PrecisionPair::tail) != pairs.end();
}

double measure_own(Deployer& deployer, std::size_t app, std::size_t candidate, Precision precision,
                   const Clock& clock) {
  const AppMix& mix = deployer.mix();
  if (mix.mode != Mode::no_sharing) {
    const auto tail = deployer.tail(all_in(precision, mix), app, candidate, precision);
    return typical_time(clock, [&] { tail->run(); });
  }
  const auto network = deployer.network(app, candidate, precision);
  const InputSpec& input = mix.base.input;
  const std::vector<float> values(static_cast<std::size_t>(3 * input.height * input.width));
  return typical_time(clock, [&] { network->run(values); });
}

// By app and usable candidate.
using Structures = std::vector<std::map<std::size_t, std::string>>;

Structures read_structures(const AppMix& mix) {
  Structures structures(mix.apps.size());
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    const MixedApp& mixed = mix.apps[app];
    for (const std::size_t candidate : mixed.usable) {
      structures[app][candidate] = structure(mixed.package.graph(mixed.candidate(candidate)));
    }
  }
  return structures;
}

void measure_all_own(Deployer& deployer, const Structures& structures, Precision precision,
                     const Clock& clock, Costs& costs) {
  const AppMix& mix = deployer.mix();
  std::map<std::string, double> known;
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    for (const auto& [candidate, key] : structures[app]) {
      if (!runs_in(precision, mix.apps[app].candidate(candidate), mix)) continue;
      const auto [place, is_new] = known.try_emplace(key, 0.0);
      if (is_new) place->second = measure_own(deployer, app, candidate, precision, clock);
      costs.own_ms[app][candidate][precision] = place->second;
    }
  }
}

}  // namespace

Costs measure_costs(Deployer& deployer, const Picture& picture, const Clock& clock) {
  const AppMix& mix = deployer.mix();
  Costs costs;
  for (const MixedApp& app : mix.apps) costs.own_ms.emplace_back(app.branchpoint.size());
  if (mix.mode == Mode::no_sharing) costs.scale_ms = measure_scaling(mix.base.input, picture, clock);
  const Structures structures = read_structures(mix);
  // f32 comes last: its stem stays compiled, and most mixes have no other.
  for (auto precision = mix.precisions.rbegin(); precision != mix.precisions.rend(); ++precision) {
    if (mix.mode != Mode::no_sharing) {
      const auto stem = deployer.stem(all_in(*precision, mix));
      // This also leaves tensors of a real picture at the branchpoints, for the tails.
      const std::vector<double> times = measure_stem(*stem, picture, clock);
      costs.scale_ms = times.front();
      costs.stem_ms[*precision].assign(times.begin() + 1, times.end());
    }
    measure_all_own(deployer, structures, *precision, clock, costs);
  }
  return costs;
}

}  // namespace mainstream
