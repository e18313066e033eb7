#include "schedule/search/stem_limits.hpp"

#include <algorithm>
#include <ctime>

#include "core/testing.hpp"
#include "schedule/random_problem.hpp"
#include "schedule/tight_problem.hpp"

namespace mainstream {
namespace {

SolveOptions asking_for(Algorithm algorithm, Objective objective = Objective::mean) {
  SolveOptions options;
  options.algorithm = algorithm;
  options.objective = objective;
  return options;
}

// Several streams, and what each costs without limits.
std::optional<Problem> with_streams(unsigned seed) {
  Problem problem = TightProblem(seed).make();
  if (problem.stems.size() < 2) return std::nullopt;
  problem.budget *= 2;
  return problem;
}

TEST(StemLimitsTest, NoStemCostsMoreThanOneWorkerGives) {
  int limited = 0;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::optional<Problem> problem = with_streams(seed);
    if (!problem) continue;
    for (const Objective objective : {Objective::mean, Objective::max_min}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << to_string(objective));
      for (Problem::Stem& stem : problem->stems) stem.limit = std::numeric_limits<double>::infinity();
      const SolveOptions options = asking_for(Algorithm::fast, objective);
      const Schedule free = solve(*problem, options);
      ASSERT_TRUE(free.feasible);
      const std::vector<double> loads = stem_loads(*problem, free);
      const auto largest = static_cast<std::size_t>(std::ranges::max_element(loads) - loads.begin());
      problem->stems[largest].limit = 0.8 * loads[largest];
      const Schedule kept = solve(*problem, options);
      if (!kept.feasible) {
        EXPECT_THAT(kept.reason, testing::HasSubstr("one worker gives"));
        continue;
      }
      ++limited;
      EXPECT_LE(stem_loads(*problem, kept)[largest], problem->stems[largest].limit * (1 + 1e-9));
      EXPECT_LE(kept.cost, problem->budget * (1 + 1e-9));
      EXPECT_FALSE(kept.proven);
      const Schedule spent = spend_rest(*problem, kept);
      EXPECT_LE(stem_loads(*problem, spent)[largest], problem->stems[largest].limit * (1 + 1e-9));
      if (objective == Objective::mean) {
        EXPECT_LE(kept.mean_f1, *free.bound + 1e-9);
        // All of the limit as the budget of all is no better.
        Problem less = *problem;
        less.budget = problem->stems[largest].limit;
        const Schedule within = solve(less, options);
        if (within.feasible) {
          EXPECT_GE(kept.mean_f1, within.mean_f1 - 0.005);
        }
      }
    }
  }
  EXPECT_GE(limited, 10);
}

TEST(StemLimitsTest, ALimitThatDoesNotBindChangesNothing) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::optional<Problem> problem = with_streams(seed);
    if (!problem) continue;
    const Schedule free = solve(*problem, asking_for(Algorithm::fast));
    for (Problem::Stem& stem : problem->stems) stem.limit = problem->budget;
    const Schedule same = solve(*problem, asking_for(Algorithm::fast));
    EXPECT_EQ(free.mean_f1, same.mean_f1);
    EXPECT_EQ(free.cost, same.cost);
  }
}

// Problems of which the exact search has more to combine than it can within the time: it once took 9 s and
// 2.5 s for these.
TEST(StemLimitsTest, OptimalStopsSoonAfterItIsTold) {
  const auto processor_time = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  for (const std::vector<unsigned>& seeds :
       {std::vector<unsigned>{145, 148}, std::vector<unsigned>{12, 15, 18}}) {
    Problem many;
    for (const unsigned seed : seeds) {
      const Problem one = TightProblem(seed).make();
      const std::size_t first = many.stems.size();
      for (const Problem::Stem& stem : one.stems) {
        many.stems.push_back(stem);
        many.stems.back().stream += std::to_string(many.stems.size());
      }
      for (Problem::App app : one.apps) {
        app.stem += first;
        app.id += "-" + std::to_string(seed);
        many.apps.push_back(std::move(app));
      }
      many.budget += one.budget;
    }
    const Schedule fast = solve(many, asking_for(Algorithm::fast));
    SolveOptions options = asking_for(Algorithm::automatic);
    const double begin = processor_time();
    options.stop = [&] { return processor_time() - begin > 0.3; };
    const Schedule best = solve(many, options);
    EXPECT_LT(processor_time() - begin, 1.5) << many.stems.size() << " streams";
    EXPECT_TRUE(best.feasible);
    EXPECT_GE(best.mean_f1, fast.mean_f1 - 1e-9);
  }
}

}  // namespace
}  // namespace mainstream
