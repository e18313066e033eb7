// How long the scheduler takes, and how near its answers come to the best. docs/scheduling.md has the
// figures.
//   build/bench/bin/schedule_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include <filesystem>

#include "mainstream/problem_json.hpp"
#include "schedule/random_problem.hpp"

namespace mainstream {
namespace {

const std::filesystem::path kCases = MAINSTREAM_SOURCE_DIR "/src/schedule/testdata";
constexpr std::array kSmallCases = {"two-apps",
                                    "three-apps-tight",
                                    "four-apps",
                                    "five-apps-slow-stream",
                                    "six-apps-mixed-lengths",
                                    "seven-apps-correlated",
                                    "eight-apps-voting",
                                    "nine-apps-all-curves",
                                    "ten-apps",
                                    "options-four-apps",
                                    "options-seven-apps-fractional-fps",
                                    "exits-and-tails"};

Problem case_named(const std::string& name) {
  return read_problem(kCases / (name + ".json"));
}

SolveOptions asking(Algorithm algorithm, Objective objective = Objective::mean) {
  SolveOptions options;
  options.algorithm = algorithm;
  options.objective = objective;
  return options;
}

// Solves again and again; tells how far the answer may be from the best, in percent of the best.
void time_solving(benchmark::State& state, const Problem& problem, const SolveOptions& options) {
  Schedule schedule;
  for (auto _ : state) {
    schedule = solve(problem, options);
    benchmark::DoNotOptimize(schedule);
  }
  const double reached = options.objective == Objective::mean ? schedule.mean_f1 : schedule.min_f1;
  state.counters["proven"] = schedule.proven ? 1 : 0;
  state.counters["f1"] = reached;
  state.counters["gap_percent"] = 100 * (1 - reached / schedule.bound.value_or(reached));
}

void optimal_case(benchmark::State& state, const std::string& name, Objective objective) {
  time_solving(state, case_named(name), asking(Algorithm::optimal, objective));
}

void optimal_mix(benchmark::State& state) {
  MixShape shape;
  shape.apps = static_cast<int>(state.range(0));
  shape.seed = static_cast<unsigned>(state.range(1));
  time_solving(state, random_mix(shape), asking(Algorithm::optimal));
}

// `fast` against `optimal` where optimal proves its answer.
void fast_gap(benchmark::State& state) {
  std::vector<Problem> problems{case_named("big-100-apps")};
  for (const char* name : kSmallCases) problems.push_back(case_named(name));
  for (unsigned seed = 1; seed <= 30; ++seed) {
    for (const double budget : {0.03, 0.1, 0.3}) {
      problems.push_back(
          random_mix({.apps = 3 + static_cast<int>(seed % 10), .budget = budget, .seed = seed}));
    }
  }
  std::vector<double> best;
  for (const Problem& problem : problems) {
    const Schedule schedule = solve(problem, asking(Algorithm::optimal));
    best.push_back(schedule.feasible && schedule.proven ? schedule.mean_f1 : 0);
  }
  double sum = 0, worst = 0, count = 0;
  for (auto _ : state) {
    sum = worst = count = 0;
    for (std::size_t i = 0; i < problems.size(); ++i) {
      if (best[i] == 0) continue;
      const double gap = 1 - solve(problems[i], asking(Algorithm::fast)).mean_f1 / best[i];
      sum += gap;
      worst = std::max(worst, gap);
      ++count;
    }
  }
  state.counters["problems"] = count;
  state.counters["mean_gap_percent"] = 100 * sum / count;
  state.counters["worst_gap_percent"] = 100 * worst;
}

void fast_mix(benchmark::State& state, const MixShape& shape) {
  time_solving(state, random_mix(shape), asking(Algorithm::fast));
}

// One app goes and comes back, with the schedule in force at hand.
void reschedule(benchmark::State& state, Algorithm algorithm) {
  const Problem with = random_mix({.apps = 20});
  Problem without = with;
  without.apps.erase(without.apps.begin() + 7);
  SolveOptions options = asking(algorithm);
  Schedule current = solve(with, options);
  bool there = true;
  for (auto _ : state) {
    there = !there;
    options.current = &current;
    current = solve(there ? with : without, options);
  }
  state.counters["gap_percent"] = 100 * (1 - current.mean_f1 / current.bound.value_or(current.mean_f1));
}

void register_all() {
  for (const char* name : kSmallCases) {
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      const std::string title = std::string("optimal/") + to_string(objective) + "/" + name;
      benchmark::RegisterBenchmark(title.c_str(), [=](benchmark::State& state) {
        optimal_case(state, name, objective);
      })->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RegisterBenchmark("optimal/mean/big-100-apps", [](benchmark::State& state) {
    optimal_case(state, "big-100-apps", Objective::mean);
  })->Unit(benchmark::kMillisecond);
  for (const unsigned seed : {1, 2, 3}) {
    benchmark::RegisterBenchmark("optimal/mix-12-apps", optimal_mix)
        ->Args({12, seed})
        ->ArgNames({"apps", "seed"})
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("fast/gap", fast_gap)->Iterations(1)->Unit(benchmark::kMillisecond);
  const auto fast = [](const std::string& title, const MixShape& shape) {
    benchmark::RegisterBenchmark(("fast/" + title).c_str(), [=](benchmark::State& state) {
      fast_mix(state, shape);
    })->Unit(benchmark::kMillisecond);
  };
  fast("100-apps-16-branchpoints-14-rates", {});
  fast("1000-apps-50-streams", {.apps = 1000, .streams = 50});
  benchmark::RegisterBenchmark("reschedule-20-apps/fast", [](benchmark::State& state) {
    reschedule(state, Algorithm::fast);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("reschedule-20-apps/auto", [](benchmark::State& state) {
    reschedule(state, Algorithm::automatic);
  })->Unit(benchmark::kMillisecond);
  for (const int apps : {5, 10, 20, 50, 100, 200, 500, 1000}) {
    fast("growth/apps/" + std::to_string(apps), {.apps = apps});
  }
  for (const int points : {2, 4, 8, 16, 32, 64}) {
    fast("growth/branchpoints/" + std::to_string(points), {.branchpoints = points});
  }
  for (const int rates : {2, 4, 8, 14, 30, 60}) {
    fast("growth/rates/" + std::to_string(rates), {.rates = rates});
  }
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  mainstream::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
