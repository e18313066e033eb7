#include <gtest/gtest.h>

#include "core/json.hpp"
#include "core/testing.hpp"
#include "mainstream/problem_json.hpp"
#include "schedule/random_problem.hpp"

namespace mainstream {
namespace {

OptionsFor plainly() {
  return [](Algorithm algorithm) {
    SolveOptions options;
    options.algorithm = algorithm;
    return options;
  };
}

TEST(NextStepsTest, NoStepMakesTheOptimumBetter) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const Problem problem = random_mix({.apps = 6, .branchpoints = 4, .rates = 5, .seed = seed});
    const Schedule schedule = solve(problem);
    ASSERT_TRUE(schedule.proven);
    const auto steps = next_steps(problem, schedule, {});
    ASSERT_EQ(steps.size(), problem.apps.size());
    for (std::size_t app = 0; app < steps.size(); ++app) {
      if (!steps[app]) continue;
      EXPECT_GT(steps[app]->f1, schedule.apps[app].f1);
      if (!steps[app]->taken.feasible) continue;
      EXPECT_NEAR(steps[app]->taken.apps[app].f1, steps[app]->f1, 1e-12);
      EXPECT_LE(steps[app]->taken.mean_f1, schedule.mean_f1 + 1e-9);
      // What this app gains, the others lose, and more.
      double change = steps[app]->f1 - schedule.apps[app].f1;
      for (const F1Change& other : steps[app]->others) change += other.after - other.before;
      EXPECT_LE(change, 1e-8);
    }
  }
}

TEST(NextStepsTest, WithRoomForAllNobodyIsKeptFromMore) {
  Problem problem = random_mix({.apps = 4, .branchpoints = 3, .rates = 4});
  problem.budget *= 1e3;
  for (const auto& step : next_steps(problem, solve(problem), {})) EXPECT_FALSE(step);
}

TEST(NextStepsTest, EndWhenTheTimeIsUp) {
  const Problem problem = random_mix({.apps = 6, .branchpoints = 4, .rates = 5});
  const Schedule schedule = solve(problem);
  int asked = 0;
  SolveOptions options;
  options.algorithm = Algorithm::fast;  // which does not ask
  options.stop = [&] { return ++asked > 2; };
  EXPECT_EQ(next_steps(problem, schedule, options).size(), 2U);
}

TEST(AdmissionTest, TellsWhatTheOthersLose) {
  const Problem problem = random_mix({.apps = 6, .branchpoints = 4, .rates = 5});
  const Admission admission = admit(problem, {});
  ASSERT_TRUE(admission.after.feasible);
  ASSERT_EQ(admission.others.size(), 5U);
  double lost = 0;
  for (const F1Change& change : admission.others) lost += change.before - change.after;
  EXPECT_GE(lost, -1e-9);
  const Json json = parse_json(to_json(admission, problem), "admission");
  EXPECT_EQ(json["newcomer"], "app5");
  EXPECT_EQ(json["fits"], true);
  EXPECT_EQ(json["others"].size(), 5U);
  EXPECT_EQ(json["schedule"]["apps"].size(), 6U);
}

TEST(AdmissionTest, AMixThatDoesNotFitAdmitsNobody) {
  Problem problem = random_mix({.apps = 3, .branchpoints = 4, .rates = 5});
  problem.budget = 1e-3;
  EXPECT_THAT(admit(problem, {}).reason, testing::StartsWith("the mix without it does not fit: "));
}

TEST(AdmissionTest, RefusesWhereALimitWouldBreak) {
  Problem problem = random_mix({.apps = 6, .branchpoints = 4, .rates = 5});
  const Schedule before = [&] {
    Problem running = problem;
    running.apps.pop_back();
    return solve(running);
  }();
  problem.budget = before.cost;
  for (std::size_t app = 0; app < 5; ++app) problem.apps[app].min_f1 = before.apps[app].f1;
  const Admission admission = admit(problem, {});
  EXPECT_TRUE(admission.before.feasible);
  EXPECT_FALSE(admission.after.feasible);
  EXPECT_THAT(admission.reason, testing::StartsWith("app5 cannot join: "));
  EXPECT_THAT(admission.reason, testing::HasSubstr("min_f1"));
  EXPECT_TRUE(admission.others.empty());
  const Json json = parse_json(to_json(admission, problem), "admission");
  EXPECT_EQ(json["fits"], false);
  EXPECT_EQ(json["reason"], admission.reason);
}

TEST(AdmissionTest, ThereMustBeAMix) {
  EXPECT_ERROR(usage, (void)admit(random_mix({.apps = 1}), {}), "expected a mix of at least 2 apps");
}

TEST(SweepTest, MoreBudgetIsNeverWorseForTheOptimum) {
  const Problem problem = random_mix({.apps = 5, .branchpoints = 4, .rates = 5});
  std::size_t calls = 0;
  const auto points = sweep_budget(problem, plainly(), [&](std::size_t, std::size_t) { ++calls; });
  EXPECT_EQ(calls, points.size());
  double last = 0;
  for (const SweepPoint& point : points) {
    if (point.algorithm != Algorithm::optimal || !point.schedule.feasible) continue;
    EXPECT_GE(point.schedule.mean_f1, last - 1e-9);
    last = point.schedule.mean_f1;
  }
  EXPECT_GT(last, 0);
  EXPECT_FALSE(points.front().schedule.feasible);
}

TEST(SweepTest, CountsApps) {
  const auto points = sweep_apps(random_mix({.apps = 30, .branchpoints = 3, .rates = 3}), plainly());
  EXPECT_EQ(points.front().at, 2);
  EXPECT_EQ(points.back().at, 30);
  EXPECT_EQ(points.back().schedule.apps.size(), 30U);
}

}  // namespace
}  // namespace mainstream
