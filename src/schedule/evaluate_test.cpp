// What given choices are worth and cost, and which candidates algorithms choose from.
#include <gtest/gtest.h>

#include "core/testing.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

// Ten layers of cost 1. Two apps with an exit in the middle, an exit that reads two tensors and one tensor at
// the end, and tails from layer 4 and 10; `gate` has a tail from the start, too.
constexpr const char* kMix = R"({
  "stream_fps": 10, "budget": 1000, "layer_costs": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "fps_options": [1, 2, 10],
  "apps": [
    {"id": "gate", "event_length_ms": 2000, "event_frequency": 0.2, "correlation": 0.1, "x_vote": 1, "candidates": [
      {"id": "exit-4", "kind": "exit", "frozen": 4, "tpr": 0.95, "fpr": 0.01, "own_cost": 0.1},
      {"id": "exit-4-10", "kind": "exit", "levels": 2, "frozen": 10, "tpr": 0.99, "fpr": 0, "own_cost": 0.3},
      {"id": "exit-10", "kind": "exit", "frozen": 10, "tpr": 0.8, "fpr": 0.02, "own_cost": 0.1},
      {"id": "tail-4", "frozen": 4, "tpr": 0.9, "fpr": 0.02},
      {"id": "tail-10", "frozen": 10, "tpr": 0.7, "fpr": 0.02, "head_cost": 0.2},
      {"id": "tail-0", "frozen": 0, "tpr": 0.6, "fpr": 0.3}]},
    {"id": "lift", "event_length_ms": 2000, "event_frequency": 0.2, "correlation": 0.1, "x_vote": 1, "candidates": [
      {"id": "exit-4", "kind": "exit", "frozen": 4, "tpr": 0.6, "fpr": 0.2, "own_cost": 0.1,
       "measured": [{"fps": 1, "votes": 1, "recall": 0.5, "precision": 0.5, "f1": 0.5},
                    {"fps": 1, "votes": 2, "recall": 0.4, "precision": 1, "f1": 0.57, "f1_error": 0.1},
                    {"fps": 2, "votes": 3, "recall": 0.8, "precision": 0.8, "f1": 0.8}]},
      {"id": "tail-4", "frozen": 4, "tpr": 0.9, "fpr": 0.02, "own_cost": 9}]}]})";

Problem mix() {
  return parse_problem(kMix, "mix.json");
}

SolveOptions by(Algorithm algorithm) {
  SolveOptions options;
  options.algorithm = algorithm;
  return options;
}

Choice choice(const std::string& candidate, double fps, int votes = 0) {
  Choice choice;
  choice.candidate = candidate;
  choice.fps = fps;
  choice.votes = votes;
  return choice;
}

TEST(EvaluateTest, StemsEndWhereTheLastAppLeaves) {
  const Schedule exits = evaluate(mix(), {choice("exit-4", 2), choice("exit-4", 1)});
  EXPECT_DOUBLE_EQ(exits.cost, 4 * 2 + 0.1 * 2 + 0.1 * 1);
  ASSERT_EQ(exits.shared.size(), 1U);
  EXPECT_EQ(exits.shared[0].end_layer, 4);
  const Schedule both = evaluate(mix(), {choice("exit-10", 1), choice("tail-4", 2)});
  EXPECT_DOUBLE_EQ(both.cost, 4 * 2 + 6 * 1 + 0.1 * 1 + 9 * 2);
  const Schedule tails = evaluate(mix(), {choice("tail-4", 1), choice("tail-4", 1)});
  EXPECT_DOUBLE_EQ(tails.cost, 4 + 6 + 9);  // the first tail has its layers' cost, the second one of its own
}

TEST(EvaluateTest, AloneEveryAppPaysForAllThatItRuns) {
  const Schedule alone = evaluate(mix(), {choice("exit-4", 2), choice("exit-4", 1)}, true);
  EXPECT_DOUBLE_EQ(alone.cost, 4.1 * 2 + 4.1);
  EXPECT_TRUE(alone.shared.empty());
  EXPECT_EQ(alone.apps[0].choice.frozen, 4);
}

TEST(EvaluateTest, VotesAreTheBestOnesUnlessTheChoiceNamesThem) {
  const auto lift = [](double fps, int votes) {
    return evaluate(mix(), {choice("exit-4", 1), choice("exit-4", fps, votes)}).apps[1];
  };
  EXPECT_EQ(lift(1, 0).choice.votes, 2);
  EXPECT_EQ(lift(1, 0).f1, 0.57);
  EXPECT_EQ(lift(1, 1).f1, 0.5);
  EXPECT_EQ(lift(2, 0).choice.votes, 3);
  EXPECT_ERROR(usage, (void)lift(1, 7), "app \"lift\" cannot run candidate exit-4 at 1 fps with 7 votes");
  // By the model, any votes can be told.
  EXPECT_EQ(evaluate(mix(), {choice("exit-4", 2, 3), choice("tail-4", 1)}).apps[0].choice.votes, 3);
  EXPECT_ERROR(usage, (void)evaluate(mix(), {choice("exit-5", 1), choice("tail-4", 1)}), "candidate exit-5");
}

TEST(EvaluateTest, BetweenMeasuredRatesTheVotesAreThoseOfTheLower) {
  Problem problem = mix();
  problem.stems[0].fps_options = {1, 1.5, 2, 10};
  const Schedule schedule = evaluate(problem, {choice("exit-4", 1), choice("exit-4", 1.5)});
  EXPECT_EQ(schedule.apps[1].choice.votes, 2);
  EXPECT_NEAR(schedule.apps[1].f1, (0.57 + 0.8) / 2, 1e-12);
  EXPECT_EQ(evaluate(problem, {choice("exit-4", 1), choice("exit-4", 10)}).apps[1].choice.votes, 3);
}

TEST(CandidatesTest, TheCurveIsCorrectedAmongTailsOnly) {
  const auto f1 = [](const char* candidate) {
    return evaluate(mix(), {choice(candidate, 2), choice("tail-4", 1)}).apps[0].f1;
  };
  EXPECT_DOUBLE_EQ(f1("tail-0"), f1("tail-4"));  // tpr 0.6 after 0.9
  EXPECT_LT(f1("exit-10"), f1("exit-4"));
  EXPECT_LT(f1("tail-4"), f1("exit-4"));  // what shares as much, and is another kind, says nothing of it
}

TEST(CandidatesTest, AlgorithmsChooseFromTheirOwn) {
  const auto chosen = [](Algorithm algorithm, std::size_t app) {
    return solve(mix(), by(algorithm)).apps.at(app).choice.candidate;
  };
  EXPECT_EQ(chosen(Algorithm::optimal, 0), "exit-4-10");
  EXPECT_EQ(chosen(Algorithm::apart, 0), "exit-4-10");
  EXPECT_EQ(chosen(Algorithm::max_sharing, 0), "exit-10");
  EXPECT_EQ(chosen(Algorithm::no_sharing, 0), "tail-0");
  EXPECT_EQ(chosen(Algorithm::no_sharing, 1), "tail-4");
  EXPECT_EQ(chosen(Algorithm::max_sharing, 1), "tail-4");
}

TEST(CandidatesTest, ALimitCanNameACandidate) {
  Problem problem = mix();
  problem.apps[1].fixed_frozen = 4;
  EXPECT_EQ(solve(problem).apps[1].choice.candidate, "tail-4");
  problem.apps[1].fixed_candidate = "exit-4";
  EXPECT_EQ(solve(problem).apps[1].choice.candidate, "exit-4");
  problem.apps[1].fixed_candidate = "exit-9";
  const Schedule none = solve(problem);
  EXPECT_FALSE(none.feasible);
  EXPECT_NE(none.reason.find("fixed_candidate exit-9"), std::string::npos);
}

TEST(CandidatesTest, LowRatesComeWithTheGridOrAreAddedWithoutSharing) {
  Problem problem = mix();
  problem.budget = 3;
  EXPECT_FALSE(solve(problem).feasible);
  EXPECT_TRUE(solve(problem, by(Algorithm::apart)).feasible);
  problem.stems[0].fps_options = {0.1, 0.25, 1};
  problem.stems[0].low_rates_alone = false;
  EXPECT_TRUE(solve(problem).feasible);
  for (const auto& app : solve(problem, by(Algorithm::apart)).apps) {
    EXPECT_TRUE(app.choice.fps == 0.1 || app.choice.fps == 0.25);
  }
}

TEST(CandidatesTest, LowRatesAreAddedWithoutSharingToAGridThatBeginsLow) {
  Problem problem = mix();
  problem.stems[0].fps_options = {0.1, 1};
  for (Problem::App& app : problem.apps) app.fixed_fps = 0.8;
  EXPECT_FALSE(solve(problem).feasible);
  for (const Algorithm algorithm : {Algorithm::apart, Algorithm::no_sharing}) {
    const Schedule alone = solve(problem, by(algorithm));
    EXPECT_TRUE(alone.feasible) << alone.reason;
  }
}

TEST(CandidatesTest, GreedyStartsFromTheCheapestSchedule) {
  Problem problem = mix();
  problem.budget =
      4.2 + 1e-9;  // everybody at the early exit and one frame per second; the last one costs more
  const Schedule schedule = solve(problem, by(Algorithm::greedy));
  ASSERT_TRUE(schedule.feasible) << schedule.reason;
  EXPECT_EQ(schedule.apps[0].choice.candidate, "exit-4");
}

}  // namespace
}  // namespace mainstream
