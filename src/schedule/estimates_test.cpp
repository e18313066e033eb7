#include "schedule/estimates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using Candidate = Problem::Candidate;

Problem problem_of(std::vector<Problem::App> apps) {
  Problem problem;
  problem.budget = 1e6;
  problem.stems.push_back({"camera", "base", 10, {1, 5, 10}, {{"f32", std::vector<double>(20, 1.0)}}});
  problem.apps = std::move(apps);
  return problem;
}

Candidate candidate(Candidate::Kind kind, int frozen, std::vector<Problem::MeasuredQuality> measured) {
  Candidate result;
  result.kind = kind;
  result.frozen = frozen;
  result.id = (kind == Candidate::Kind::tail ? "tail-" : "exit-") + std::to_string(frozen);
  result.tpr = 0.9;
  result.fpr = 0.1;
  result.measured = std::move(measured);
  return result;
}

Problem::MeasuredQuality row(double f1, double error, double fps = 5, int votes = 1) {
  return {fps, {f1, f1, f1}, votes, error};
}

Problem::App app(const std::string& id, std::vector<Candidate> candidates) {
  Problem::App result;
  result.id = id;
  result.candidates = std::move(candidates);
  return result;
}

double f1_of(const Problem& problem, std::size_t app, std::size_t candidate) {
  return problem.apps[app].candidates[candidate].measured.at(0).quality.f1;
}

// What apps of a mix are really worth with each candidate, and what a few events say of it.
class Simulation {
 public:
  Simulation(unsigned seed, int apps, double own, double noise) : random_(seed) {
    std::normal_distribution<> normal;
    const double best = uniform(0.3, 0.8), bend = uniform(0.3, 1.2);
    std::vector<double> effect;
    for (int c = 0; c < kCandidates; ++c) effect.push_back(0.03 * normal(random_));
    for (int a = 0; a < apps; ++a) {
      const double level = uniform(0.55, 0.85);
      std::vector<Candidate> candidates;
      auto& truth = truth_.emplace_back();
      for (int c = 0; c < kCandidates; ++c) {
        const double depth = (c + 1.0) / kCandidates;
        const double real = level + effect[static_cast<std::size_t>(c)] - bend * std::pow(depth - best, 2) +
                            own * normal(random_);
        truth.push_back(std::clamp(real, 0.0, 1.0));
        std::vector<Problem::MeasuredQuality> rows;
        const double chance = noise * normal(random_);
        for (const int votes : {1, 2, 3}) {  // the events are the same for all votes
          const double seen = truth.back() - 0.02 * votes + 0.9 * chance + 0.4 * noise * normal(random_);
          rows.push_back(row(std::clamp(seen, 0.0, 1.0), noise, 5, votes));
        }
        candidates.push_back(candidate(Candidate::Kind::exit, 2 * (c + 1), rows));
      }
      apps_.push_back(app("app" + std::to_string(a), candidates));
    }
  }

  [[nodiscard]] Problem problem() const { return problem_of(apps_); }
  // Mean over apps of what each is really worth with the candidate that the figures say is best.
  [[nodiscard]] double worth_of_best(const Problem& problem) const {
    double sum = 0;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
      double best = -1, worth = 0;
      for (std::size_t c = 0; c < kCandidates; ++c) {
        for (const auto& measured : problem.apps[a].candidates[c].measured) {
          const double real = truth_[a][c] - 0.02 * measured.votes;
          if (measured.quality.f1 > best) std::tie(best, worth) = std::pair(measured.quality.f1, real);
        }
      }
      sum += worth;
    }
    return sum / static_cast<double>(problem.apps.size());
  }
  // The same when all have one candidate, and one vote.
  [[nodiscard]] double worth_of_fixed(std::size_t candidate) const {
    double sum = 0;
    for (const auto& of_app : truth_) sum += of_app[candidate] - 0.02;
    return sum / static_cast<double>(truth_.size());
  }
  // Mean over apps and candidates of how far the figures are from the truth.
  [[nodiscard]] double squared_error(const Problem& problem) const {
    double sum = 0, count = 0;
    for (std::size_t a = 0; a < problem.apps.size(); ++a) {
      for (std::size_t c = 0; c < kCandidates; ++c) {
        for (const auto& measured : problem.apps[a].candidates[c].measured) {
          sum += std::pow(measured.quality.f1 - truth_[a][c] + 0.02 * measured.votes, 2);
          ++count;
        }
      }
    }
    return sum / count;
  }

  static constexpr int kCandidates = 9;

 private:
  double uniform(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }

  std::mt19937 random_;
  std::vector<Problem::App> apps_;
  std::vector<std::vector<double>> truth_;
};

struct Compared {
  double raw = 0, pooled = 0, best_fixed = 0, raw_error = 0, pooled_error = 0;
};

Compared compare(int apps, double own, double noise) {
  constexpr int kRounds = 200;
  Compared compared;
  std::vector<double> fixed(Simulation::kCandidates);
  for (unsigned seed = 1; seed <= kRounds; ++seed) {
    const Simulation simulation(seed, apps, own, noise);
    const Problem raw = simulation.problem(), pooled = pool_estimates(raw);
    compared.raw += simulation.worth_of_best(raw) / kRounds;
    compared.pooled += simulation.worth_of_best(pooled) / kRounds;
    compared.raw_error += simulation.squared_error(raw) / kRounds;
    compared.pooled_error += simulation.squared_error(pooled) / kRounds;
    for (std::size_t c = 0; c < fixed.size(); ++c) fixed[c] += simulation.worth_of_fixed(c) / kRounds;
  }
  compared.best_fixed = *std::ranges::max_element(fixed);
  return compared;
}

TEST(EstimatesTest, ChoosingByThemBeatsChoosingTheLuckiest) {
  for (const int apps : {1, 2, 6, 12}) {
    for (const double own : {0.0, 0.05}) {
      for (const double noise : {0.02, 0.08, 0.15}) {
        SCOPED_TRACE(testing::Message() << apps << " apps, own part " << own << ", noise " << noise);
        const Compared compared = compare(apps, own, noise);
        EXPECT_GT(compared.pooled, compared.raw - 0.001);
        if (noise >= 0.08) {
          EXPECT_GT(compared.pooled, compared.raw + 0.003);
        }
        EXPECT_LT(compared.pooled_error, compared.raw_error);
        // No fixed candidate, were it known in advance which one, is better by more than the noise.
        EXPECT_GT(compared.pooled, compared.best_fixed - 0.25 * noise);
      }
    }
  }
}

TEST(EstimatesTest, WithoutErrorsFiguresStayAsTheyAre) {
  const Problem problem = problem_of({app("a", {candidate(Candidate::Kind::exit, 4, {row(0.9, 0)}),
                                                candidate(Candidate::Kind::exit, 8, {row(0.4, 0)}),
                                                candidate(Candidate::Kind::exit, 12, {row(0.7, 0)})}),
                                      app("b", {candidate(Candidate::Kind::exit, 8, {row(0.2, 0)})})});
  const Problem pooled = pool_estimates(problem);
  for (std::size_t a = 0; a < 2; ++a) {
    for (std::size_t c = 0; c < problem.apps[a].candidates.size(); ++c) {
      EXPECT_NEAR(f1_of(pooled, a, c), f1_of(problem, a, c), 1e-9);
    }
  }
}

TEST(EstimatesTest, SkillDecidesWhereFewEventsDoNot) {
  const auto best = [](double error) {
    std::vector<Candidate> candidates{candidate(Candidate::Kind::exit, 4, {row(0.70, error)}),
                                      candidate(Candidate::Kind::exit, 10, {row(0.66, error)}),
                                      candidate(Candidate::Kind::exit, 16, {row(0.50, error)})};
    candidates[0].skill = 0.3;
    candidates[1].skill = 0.6;
    candidates[2].skill = 0.1;
    const Problem pooled = pool_estimates(problem_of({app("a", candidates)}));
    return f1_of(pooled, 0, 0) > f1_of(pooled, 0, 1) ? 0 : 1;
  };
  EXPECT_EQ(best(0.3), 1);
  EXPECT_EQ(best(0.001), 0) << "many events tell it better";
}

TEST(EstimatesTest, WhatHasNothingToCompareWithStaysAsItIs) {
  const Problem pooled =
      pool_estimates(problem_of({app("a", {candidate(Candidate::Kind::exit, 4, {row(0.9, 0.1)})})}));
  EXPECT_NEAR(f1_of(pooled, 0, 0), 0.9, 1e-9);
  Problem modelled = problem_of({app("a", {candidate(Candidate::Kind::tail, 4, {})})});
  EXPECT_TRUE(pool_estimates(modelled).apps[0].candidates[0].measured.empty());
}

TEST(EstimatesTest, EqualFiguresStayEqual) {
  std::vector<Problem::App> apps;
  for (const char* id : {"a", "b", "c"}) {
    apps.push_back(app(id, {candidate(Candidate::Kind::exit, 4, {row(0.6, 0.1)}),
                            candidate(Candidate::Kind::exit, 8, {row(0.6, 0.1)}),
                            candidate(Candidate::Kind::tail, 8, {row(0.6, 0.1)})}));
  }
  const Problem pooled = pool_estimates(problem_of(apps));
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(f1_of(pooled, a, c), 0.6, 1e-9);
  }
}

TEST(EstimatesTest, TailsOfOneAppDoNotGetWorseWithLessFrozenButExitsMay) {
  const auto curve = [](Candidate::Kind kind) {
    return std::vector<Candidate>{candidate(kind, 16, {row(0.9, 0)}), candidate(kind, 8, {row(0.5, 0)}),
                                  candidate(kind, 4, {row(0.8, 0)})};
  };
  const Problem tails = pool_estimates(problem_of({app("a", curve(Candidate::Kind::tail))}));
  EXPECT_NEAR(f1_of(tails, 0, 0), 0.7, 1e-9);
  EXPECT_NEAR(f1_of(tails, 0, 1), 0.7, 1e-9);
  EXPECT_NEAR(f1_of(tails, 0, 2), 0.8, 1e-9);
  const Problem exits = pool_estimates(problem_of({app("a", curve(Candidate::Kind::exit))}));
  EXPECT_NEAR(f1_of(exits, 0, 1), 0.5, 1e-9);
}

TEST(EstimatesTest, MoreVotesMustBringMoreThanNextToNothing) {
  const auto chosen = [](double one, double three) {
    const Problem problem = problem_of(
        {app("a", {candidate(Candidate::Kind::exit, 4, {row(one, 0.1, 5, 1), row(three, 0.1, 5, 3)})})});
    return pool_estimates(problem).apps[0].candidates[0].measured;
  };
  ASSERT_EQ(chosen(0.70, 0.71).size(), 1U);
  EXPECT_EQ(chosen(0.70, 0.71)[0].votes, 1);
  EXPECT_EQ(chosen(0.70, 0.80)[0].votes, 3);
  EXPECT_EQ(chosen(0.80, 0.70)[0].votes, 1);
}

TEST(EstimatesTest, RecallAndPrecisionFitTheF1) {
  std::mt19937 random(1);
  std::uniform_real_distribution<> uniform;
  std::vector<Problem::App> apps;
  for (int a = 0; a < 4; ++a) {
    std::vector<Candidate> candidates;
    for (int frozen = 2; frozen <= 20; frozen += 3) {
      Problem::MeasuredQuality measured = row(0, 0.2);
      measured.quality.recall = a == 0 ? 1 : uniform(random);
      measured.quality.precision = a == 1 && frozen == 2 ? 0 : uniform(random);
      measured.quality.f1 = f1_score(measured.quality.recall, measured.quality.precision);
      candidates.push_back(
          candidate(frozen % 2 == 0 ? Candidate::Kind::exit : Candidate::Kind::tail, frozen, {measured}));
    }
    apps.push_back(app("app" + std::to_string(a), candidates));
  }
  const Problem pooled = pool_estimates(problem_of(apps));
  for (const Problem::App& of_app : pooled.apps) {
    for (const Candidate& c : of_app.candidates) {
      const Quality& quality = c.measured.at(0).quality;
      EXPECT_LE(std::max(quality.recall, quality.precision), 1);
      EXPECT_NEAR(quality.f1, f1_score(quality.recall, quality.precision), 1e-9);
    }
  }
}

TEST(EstimatesTest, LessExactEntriesLoseWhatTheyLostAndGainNothing) {
  Problem problem = problem_of({app("a", {candidate(Candidate::Kind::tail, 4, {row(0.8, 0.1)}),
                                          candidate(Candidate::Kind::tail, 4, {row(0.7, 0.1)}),
                                          candidate(Candidate::Kind::tail, 4, {row(0.9, 0.1)}),
                                          candidate(Candidate::Kind::tail, 8, {row(0.4, 0.1)})})});
  problem.stems[0].layer_costs.push_back({"int8", std::vector<double>(20, 0.5)});
  problem.apps[0].candidates[1].tail_type = problem.apps[0].candidates[2].tail_type = 1;
  problem.apps[0].candidates[2].stem_type = 1;
  const Problem pooled = pool_estimates(problem);
  EXPECT_NEAR(f1_of(pooled, 0, 1), f1_of(pooled, 0, 0) - 0.1, 1e-9);
  EXPECT_NEAR(f1_of(pooled, 0, 2), f1_of(pooled, 0, 0), 1e-9);
}

TEST(EstimatesTest, ANoisyAppLearnsFromTheOthers) {
  // Three apps say clearly that exit-12 is best; the fourth has hardly any events.
  const auto clear = [](double level) {
    return std::vector<Candidate>{candidate(Candidate::Kind::exit, 4, {row(level - 0.3, 0.01)}),
                                  candidate(Candidate::Kind::exit, 12, {row(level, 0.01)}),
                                  candidate(Candidate::Kind::exit, 20, {row(level - 0.2, 0.01)})};
  };
  const std::vector<Candidate> noisy{candidate(Candidate::Kind::exit, 4, {row(0.75, 0.3)}),
                                     candidate(Candidate::Kind::exit, 12, {row(0.6, 0.3)}),
                                     candidate(Candidate::Kind::exit, 20, {row(0.7, 0.3)})};
  const Problem pooled = pool_estimates(
      problem_of({app("a", clear(0.8)), app("b", clear(0.9)), app("c", clear(0.7)), app("d", noisy)}));
  EXPECT_GT(f1_of(pooled, 3, 1), f1_of(pooled, 3, 0));
  EXPECT_GT(f1_of(pooled, 3, 1), f1_of(pooled, 3, 2));
  EXPECT_NEAR(f1_of(pooled, 1, 1), 0.9, 0.03);
}

}  // namespace
}  // namespace mainstream
