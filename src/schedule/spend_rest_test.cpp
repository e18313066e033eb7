#include <gtest/gtest.h>

#include "core/testing.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {
namespace {

// One app per list of f1, measured at 1, 2, 5 and 10 fps with an error of 0.1, alone on ten layers of cost 1.
Problem problem_of(const std::vector<std::vector<double>>& f1, double budget) {
  Problem problem;
  problem.budget = budget;
  problem.stems.push_back({"camera", "base", 10, {1, 2, 5, 10}, {{"f32", std::vector<double>(10, 1.0)}}});
  for (const auto& figures : f1) {
    Problem::App app;
    app.id = "app" + std::to_string(problem.apps.size());
    Problem::Candidate exit;
    exit.id = "exit-4";
    exit.kind = Problem::Candidate::Kind::exit;
    exit.frozen = 4;
    exit.own_cost = 1;
    for (std::size_t i = 0; i < figures.size(); ++i) {
      exit.measured.push_back(
          {problem.stems[0].fps_options[i], {figures[i], figures[i], figures[i]}, 2, 0.1});
    }
    app.candidates.push_back(exit);
    problem.apps.push_back(app);
  }
  return problem;
}

std::vector<double> rates_of(const Schedule& schedule) {
  std::vector<double> rates;
  for (const Schedule::App& app : schedule.apps) rates.push_back(app.choice.fps);
  return rates;
}

TEST(SpendRestTest, HigherRatesWithinTheErrorAreTaken) {
  const Problem problem = problem_of({{0.8, 0.79, 0.76, 0.74}}, 1000);
  const Schedule solved = solve(problem);
  EXPECT_EQ(rates_of(solved), std::vector<double>{1});
  const Schedule spent = spend_rest(problem, solved);
  EXPECT_EQ(rates_of(spent), std::vector<double>{5});  // 0.74 is more than half an error less
  EXPECT_TRUE(spent.feasible);
  EXPECT_DOUBLE_EQ(spent.mean_f1, 0.76);
  EXPECT_DOUBLE_EQ(spent.min_f1, 0.76);
  EXPECT_DOUBLE_EQ(spent.cost, 25);
  EXPECT_DOUBLE_EQ(spent.spent, 20);
  EXPECT_FALSE(spent.proven);
  EXPECT_EQ(spent.bound, solved.bound);
}

TEST(SpendRestTest, TheBudgetIsKeptAndTheCheapestDelayComesFirst) {
  // One app must run at 10 fps, so the stem does: the other's higher rates cost its head alone.
  const Problem problem = problem_of({{0.2, 0.3, 0.5, 0.9}, {0.8, 0.8, 0.8, 0.8}}, 56.5);
  const Schedule spent = spend_rest(problem, solve(problem));
  EXPECT_EQ(rates_of(spent), (std::vector<double>{10, 5}));
  EXPECT_DOUBLE_EQ(spent.cost, 4 * 10 + 10 + 5);
  // With room for one of the two, the step of 0.75 s for the least goes first.
  const Problem two = problem_of({{0.8, 0.8, 0.8, 0.8}, {0.9, 0.9, 0.9, 0.9}}, 10);
  EXPECT_EQ(rates_of(spend_rest(two, solve(two))), (std::vector<double>{1, 1}));
  const Problem both = problem_of({{0.8, 0.8, 0.8, 0.8}, {0.9, 0.9, 0.9, 0.9}}, 12);
  EXPECT_EQ(rates_of(spend_rest(both, solve(both))), (std::vector<double>{2, 2}));
}

// As tables of perfect apps have it: no event was missed in any draw.
TEST(SpendRestTest, AnErrorOfNothingIsNoCertainty) {
  Problem perfect = problem_of({{1, 1, 0.995, 0.9}}, 1000);
  for (auto& row : perfect.apps[0].candidates[0].measured) row.f1_error = 0;
  EXPECT_EQ(rates_of(spend_rest(perfect, solve(perfect))), std::vector<double>{5});
}

TEST(SpendRestTest, NothingIsSpentOnModelledTables) {
  Problem problem = problem_of({{0.8, 0.8, 0.8, 0.8}, {0.8, 0.8, 0.8, 0.8}}, 1000);
  for (auto& row : problem.apps[0].candidates[0].measured) row.f1_error = 0;
  problem.apps[0].candidates[0].modelled = true;
  EXPECT_EQ(rates_of(spend_rest(problem, solve(problem))), (std::vector<double>{1, 10}));
}

TEST(SpendRestTest, NothingIsSpentWithoutATableBeyondLimitsOrOnWhatDoesNotFit) {
  Problem modelled = problem_of({{0.8, 0.8, 0.8, 0.8}}, 1000);
  modelled.apps[0].candidates[0].measured.clear();
  const Schedule cheapest = solve(modelled);
  EXPECT_EQ(rates_of(spend_rest(modelled, cheapest)), rates_of(cheapest));
  Problem limited = problem_of({{0.8, 0.8, 0.8, 0.8}}, 1000);
  limited.apps[0].max_fps = 3;
  EXPECT_EQ(rates_of(spend_rest(limited, solve(limited))), std::vector<double>{2});
  const Problem poor = problem_of({{0.8, 0.8, 0.8, 0.8}}, 1);
  const Schedule infeasible = spend_rest(poor, solve(poor));
  EXPECT_FALSE(infeasible.feasible);
  EXPECT_EQ(rates_of(infeasible), std::vector<double>{1});
  Problem other = problem_of({{0.8, 0.8, 0.8, 0.8}}, 1000);
  other.apps[0].candidates[0].id = "exit-3";
  EXPECT_ERROR(usage, (void)spend_rest(other, solve(modelled)), "belongs to another problem");
}

TEST(SpendRestTest, MoreVotesAtAHigherRateMustStillBeSooner) {
  Problem problem = problem_of({{0.8, 0.8, 0.8, 0.8}}, 1000);
  auto& rows = problem.apps[0].candidates[0].measured;
  rows[1].votes = 5;  // 2.25 s at 2 fps, after 1.5 s at 1 fps
  rows[2].votes = rows[3].votes = 3;
  problem.apps[0].max_fps = 2;
  EXPECT_EQ(rates_of(spend_rest(problem, solve(problem))), std::vector<double>{1});
  problem.apps[0].max_fps = 5;
  const Schedule spent = spend_rest(problem, solve(problem));
  EXPECT_EQ(rates_of(spent), std::vector<double>{5});
  EXPECT_EQ(spent.apps[0].choice.votes, 3);
}

TEST(SpendRestTest, WithoutSharingItStaysWithoutSharing) {
  const Problem problem = problem_of({{0.8, 0.8, 0.8, 0.8}, {0.9, 0.9, 0.9, 0.9}}, 100);
  SolveOptions options;
  options.algorithm = Algorithm::apart;
  const Schedule spent = spend_rest(problem, solve(problem, options));
  EXPECT_EQ(rates_of(spent), (std::vector<double>{10, 10}));
  EXPECT_DOUBLE_EQ(spent.cost, 100);
  EXPECT_TRUE(spent.shared.empty());
}

}  // namespace
}  // namespace mainstream
