// Thousands of small random problems of many kinds, each solved by trying everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "schedule/brute_force.hpp"
#include "schedule/random_problem.hpp"
#include "schedule/tight_problem.hpp"

namespace mainstream {
namespace {

SolveOptions asking(Algorithm algorithm, Objective objective = Objective::mean) {
  SolveOptions options;
  options.algorithm = algorithm;
  options.objective = objective;
  return options;
}

bool has_empty_app(const Problem& problem) {
  return std::any_of(problem.apps.begin(), problem.apps.end(),
                     [&](const Problem::App& app) { return options_of(problem, app).empty(); });
}

void expect_same(const Schedule& schedule, const std::optional<Tried>& best) {
  ASSERT_EQ(schedule.feasible, best.has_value()) << schedule.reason;
  if (!best) return;
  EXPECT_TRUE(schedule.proven);
  EXPECT_NEAR(schedule.mean_f1, best->mean, 2e-9);
  EXPECT_NEAR(schedule.min_f1, schedule.objective == Objective::max_min ? best->min : schedule.min_f1, 2e-9);
  EXPECT_NEAR(schedule.cost, best->cost, 1e-7 * std::max(1.0, best->cost));
}

class Properties : public testing::TestWithParam<unsigned> {};

TEST_P(Properties, OptimalIsTheBestOfAll) {
  RandomProblems problems(GetParam());
  for (int i = 0; i < 250; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() << ", problem " << i);
    const Problem problem = problems.next();
    const BruteForce brute(problem);
    const Schedule mean = solve(problem, asking(Algorithm::optimal));
    expect_same(mean, brute.best_mean);
    expect_same(solve(problem, asking(Algorithm::optimal, Objective::max_min)), brute.best_max_min);
    if (!brute.best_mean && !has_empty_app(problem) && std::isfinite(brute.cheapest)) {
      EXPECT_NEAR(mean.cost, brute.cheapest, 1e-7 * std::max(1.0, brute.cheapest));
      EXPECT_NE(mean.reason, "");
    }
    if (HasFailure()) return;
  }
}

TEST_P(Properties, FastIsFeasibleAndItsBoundHolds) {
  RandomProblems problems(GetParam() + 1000);
  for (int i = 0; i < 250; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() + 1000 << ", problem " << i);
    const Problem problem = problems.next();
    const BruteForce brute(problem);
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      const Schedule schedule = solve(problem, asking(Algorithm::fast, objective));
      ASSERT_EQ(schedule.feasible, brute.best_mean.has_value());
      if (!schedule.feasible) continue;
      const bool mean = objective == Objective::mean;
      const double best = mean ? brute.best_mean->mean : brute.best_max_min->min;
      EXPECT_LE(mean ? schedule.mean_f1 : schedule.min_f1, best + 1e-9);
      EXPECT_GE(*schedule.bound, best - 1e-9);
      EXPECT_LE(schedule.cost, problem.budget + 1e-6);
    }
    if (HasFailure()) return;
  }
}

TEST_P(Properties, AScheduleInForceChangesTheWayNotTheAnswer) {
  RandomProblems problems(GetParam() + 2000);
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() + 2000 << ", problem " << i);
    const Problem problem = problems.next();
    Problem before = problem;  // one app less, and another budget
    if (before.apps.size() > 1) before.apps.pop_back();
    before.budget *= i % 2 == 0 ? 1.3 : 0.7;
    const Schedule current = solve(before);
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      SolveOptions warm = asking(Algorithm::optimal, objective);
      warm.current = &current;
      const Schedule cold = solve(problem, asking(Algorithm::optimal, objective));
      const Schedule warmed = solve(problem, warm);
      ASSERT_EQ(warmed.feasible, cold.feasible);
      EXPECT_EQ(warmed.proven, cold.proven);
      EXPECT_NEAR(warmed.mean_f1, cold.mean_f1, 2e-9);
      EXPECT_NEAR(warmed.cost, cold.cost, 1e-7 * std::max(1.0, cold.cost));
    }
    if (HasFailure()) return;
  }
}

TEST_P(Properties, NothingBeatsTheOptimumAndEveryBoundHolds) {
  RandomProblems problems(GetParam() + 3000);
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() + 3000 << ", problem " << i);
    const Problem problem = problems.next();
    const Schedule best = solve(problem, asking(Algorithm::optimal));
    for (const Algorithm algorithm :
         {Algorithm::automatic, Algorithm::fast, Algorithm::greedy, Algorithm::fixed, Algorithm::max_sharing,
          Algorithm::apart, Algorithm::no_sharing}) {
      const Schedule schedule = solve(problem, asking(algorithm));
      if (!schedule.feasible) continue;
      ASSERT_TRUE(schedule.bound) << to_string(algorithm);
      EXPECT_LE(schedule.mean_f1, *schedule.bound + 1e-9) << to_string(algorithm);
      // Without sharing there are low rates, and stem number types need not go together.
      if (algorithm != Algorithm::no_sharing && algorithm != Algorithm::apart) {
        EXPECT_TRUE(best.feasible);
        EXPECT_LE(schedule.mean_f1, best.mean_f1 + 1e-9) << to_string(algorithm);
      }
      EXPECT_LE(best.feasible ? best.mean_f1 : 0, *schedule.bound + 1e-9) << to_string(algorithm);
    }
    if (HasFailure()) return;
  }
}

// Those that no_sharing may use.
std::vector<TriedOption> least_frozen_tails(const Problem::App& app, std::vector<TriedOption> options) {
  const bool has_tails = std::ranges::any_of(
      app.candidates, [](const auto& c) { return c.kind == Problem::Candidate::Kind::tail; });
  if (has_tails) std::erase_if(options, [](const auto& o) { return o.choice.candidate.starts_with("exit"); });
  int least = 1000;
  for (const TriedOption& option : options) least = std::min(least, option.choice.frozen);
  std::erase_if(options, [&](const auto& option) { return option.choice.frozen != least; });
  return options;
}

TEST_P(Properties, WithoutSharingEveryAppPaysForAllItRuns) {
  RandomProblems problems(GetParam() + 5000);
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() + 5000 << ", problem " << i);
    Problem problem = problems.next();
    for (Problem::Stem& stem : problem.stems) {
      stem.fps_options.insert(stem.fps_options.begin(), 0.1);
      stem.low_rates_alone = false;  // those tried are fps_options
    }
    std::vector<std::vector<TriedOption>> all, least;
    for (Problem::App& app : problem.apps) {
      app.fixed_frozen.reset();
      app.fixed_candidate.reset();
      app.min_fps = app.max_fps = app.min_f1 = std::nullopt;
      all.push_back(options_of(problem, app));
      least.push_back(least_frozen_tails(app, all.back()));
    }
    const auto expect_mean = [&](Algorithm algorithm, const auto& options) {
      const Schedule schedule = solve(problem, asking(algorithm));
      const auto best = best_mean_alone(problem, options);
      ASSERT_EQ(schedule.feasible, best.has_value()) << to_string(algorithm);
      if (best) {
        EXPECT_NEAR(schedule.mean_f1, *best, 2e-9) << to_string(algorithm);
      }
      EXPECT_TRUE(schedule.shared.empty());
    };
    expect_mean(Algorithm::apart, all);
    expect_mean(Algorithm::no_sharing, least);
    if (HasFailure()) return;
  }
}

// The objective of `a` less that of `b`: of the minimum first, then of the mean.
double above(const Schedule& a, const Schedule& b) {
  if (!b.feasible) return 0;
  if (!a.feasible) return -1;
  const bool by_min = a.objective == Objective::max_min && std::abs(a.min_f1 - b.min_f1) > 1e-9;
  return by_min ? a.min_f1 - b.min_f1 : a.mean_f1 - b.mean_f1;
}

TEST_P(Properties, FastIsAsGoodAsSimplerAlgorithms) {
  RandomProblems problems(GetParam() + 4000);
  for (int i = 0; i < 50; ++i) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() + 4000 << ", problem " << i);
    const Problem problem = problems.next();
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      const Schedule fast = solve(problem, asking(Algorithm::fast, objective));
      SolveOptions stopped = asking(Algorithm::automatic, objective);
      stopped.stop = [] { return true; };
      const Schedule automatic = solve(problem, stopped);
      for (const Algorithm algorithm : {Algorithm::greedy, Algorithm::fixed, Algorithm::max_sharing}) {
        const Schedule simple = solve(problem, asking(algorithm, objective));
        EXPECT_GE(above(fast, simple), -1e-9) << to_string(algorithm);
        EXPECT_GE(above(automatic, simple), -1e-9) << to_string(algorithm);
      }
    }
    if (HasFailure()) return;
  }
}

// Whether all rates that an app may run at without sharing are among its stem's.
bool has_low_rates(const Problem& problem) {
  return std::ranges::none_of(problem.stems, &Problem::Stem::low_rates_alone);
}

TEST_P(Properties, FastIsNearTheOptimumWhereTheBudgetIsTight) {
  for (unsigned seed = 4 * GetParam(); seed < 4 * GetParam() + 4; ++seed) {
    const Problem problem = tight_problem(seed);
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      SCOPED_TRACE(testing::Message() << "tight problem " << seed << ", " << to_string(objective));
      const Schedule fast = solve(problem, asking(Algorithm::fast, objective));
      const Schedule best = solve(problem, asking(Algorithm::optimal, objective));
      ASSERT_TRUE(fast.feasible);
      EXPECT_TRUE(best.proven);
      if (objective == Objective::max_min) {
        EXPECT_GE(fast.min_f1, 0.99 * best.min_f1);
      } else {
        EXPECT_GE(fast.mean_f1, 0.99 * best.mean_f1);
      }
      std::vector<Algorithm> simpler{Algorithm::greedy, Algorithm::fixed, Algorithm::max_sharing};
      if (has_low_rates(problem)) simpler.insert(simpler.end(), {Algorithm::apart, Algorithm::no_sharing});
      for (const Algorithm algorithm : simpler)
        EXPECT_GE(above(fast, solve(problem, asking(algorithm, objective))), -1e-9) << to_string(algorithm);
    }
  }
}

// Local search misses the cheapest schedule of this problem, so `fast` has to prove that one is within the
// budget.
TEST(ProofTest, ThatSomethingFitsDoesNotProveTheAnswer) {
  RandomProblems problems(3);
  for (int i = 0; i < 176; ++i) (void)problems.next();
  Problem problem = problems.next();
  problem.budget = 0;
  problem.budget = 1.1 * solve(problem, asking(Algorithm::fast)).cost;
  const Schedule schedule = solve(problem, asking(Algorithm::fast));
  ASSERT_TRUE(schedule.feasible);
  EXPECT_LT(schedule.mean_f1, *schedule.bound - 1e-3);
  EXPECT_FALSE(schedule.proven);
}

// Each app finds all its events from a rate of its own on, whatever it shares, and the budget is ample. The
// cheapest schedule shares all layers.
TEST(ProofTest, TheCheapestOfVeryManyEqualsIsProven) {
  constexpr int kLayers = 16, kRates = 14;
  Problem problem;
  problem.budget = 1e6;
  problem.stems.push_back({"camera", "base", kRates, {}, {{"f32", std::vector<double>(kLayers, 1.0)}}});
  double cheapest = kLayers * kRates;  // the layers at the highest rate, and each head at its own
  for (int rate = 1; rate <= kRates; ++rate) {
    problem.stems[0].fps_options.push_back(rate);
    Problem::App app;
    app.id = "app" + std::to_string(rate);
    app.events.length_ms = 1000.0 / rate + 0.01;
    for (int frozen = 1; frozen <= kLayers; ++frozen) {
      Problem::Candidate& candidate = app.candidates.emplace_back();
      candidate.frozen = frozen;
      candidate.tpr = 1;
      candidate.head_cost = 1;
    }
    problem.apps.push_back(std::move(app));
    cheapest += rate;
  }
  SolveOptions options = asking(Algorithm::optimal);
  int left = 10'000;
  options.stop = [&] { return --left < 0; };
  const Schedule schedule = solve(problem, options);
  EXPECT_TRUE(schedule.proven);
  EXPECT_NEAR(schedule.mean_f1, 1, 1e-12);
  EXPECT_NEAR(schedule.cost, cheapest, 1e-7 * cheapest);
}

TEST(ReasonTest, FixedBlamesTheBudgetWhereNoLimitIsSet) {
  const Schedule schedule = solve(tight_problem(1), asking(Algorithm::fixed));
  ASSERT_FALSE(schedule.feasible);
  EXPECT_TRUE(schedule.reason.starts_with("the cheapest schedule costs 36.4516, the budget is "))
      << schedule.reason;
}

INSTANTIATE_TEST_SUITE_P(, Properties, testing::Range(1U, 13U));

}  // namespace
}  // namespace mainstream
