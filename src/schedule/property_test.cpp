// Thousands of small random problems of many kinds, each solved by trying everything.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "schedule/brute_force.hpp"

namespace mainstream {
namespace {

class RandomProblems {
 public:
  explicit RandomProblems(unsigned seed) : random_(seed) {}

  Problem next() {
    Problem problem;
    const int stems = chance(0.3) ? whole(2, 3) : 1;
    for (int s = 0; s < stems; ++s) problem.stems.push_back(stem("cam" + std::to_string(s)));
    const int apps = whole(stems == 1 ? 1 : 2, 4);
    const bool coarse = chance(0.3);                                // many ties
    const int most = static_cast<int>(std::pow(4000, 1.0 / apps));  // of options per app
    for (int a = 0; a < apps; ++a) problem.apps.push_back(app(problem, a, most, coarse));
    if (chance(0.3)) weigh(problem);
    if (chance(0.3)) limit(problem);
    problem.budget = budget(problem);
    return problem;
  }

 private:
  double real(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }
  int whole(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }
  bool chance(double p) { return real(0, 1) < p; }

  Problem::Stem stem(const std::string& name) {
    Problem::Stem stem{name, "net", 10, {}, {}};
    const int rates = whole(1, 3);
    for (int r = 0; r < rates; ++r)
      stem.fps_options.push_back(r == 0 ? real(0.3, 2) : stem.fps_options.back() + whole(1, 3));
    const int layers = whole(1, 6), precisions = chance(0.25) ? whole(2, 3) : 1;
    const bool round = chance(0.5);
    for (int p = 0; p < precisions; ++p) {
      Problem::LayerCosts costs{"p" + std::to_string(p), {}};
      for (int l = 0; l < layers; ++l) {
        costs.costs.push_back(chance(0.15) ? 0 : round ? whole(1, 4) : real(0, 4));
      }
      stem.layer_costs.push_back(std::move(costs));
    }
    return stem;
  }

  Problem::App app(const Problem& problem, int number, int most_options, bool coarse) {
    Problem::App app;
    app.id = "app" + std::to_string(number);
    app.stem = static_cast<std::size_t>(whole(0, static_cast<int>(problem.stems.size()) - 1));
    const Problem::Stem& stem = problem.stems[app.stem];
    app.events = {real(100, 3000), real(0.01, 0.5), chance(0.2) ? 1.0 : real(0, 0.6), whole(1, 3)};
    const int layers = static_cast<int>(stem.layer_costs[0].costs.size());
    const int precisions = static_cast<int>(stem.layer_costs.size());
    std::vector<Choice> places;
    for (int place = 0; place < (layers + 1) * precisions * precisions; ++place) {
      places.push_back(
          {place / (precisions * precisions), 0, place / precisions % precisions, place % precisions});
    }
    std::shuffle(places.begin(), places.end(), random_);
    const int most = most_options / static_cast<int>(stem.fps_options.size());
    places.resize(std::min(places.size(), static_cast<std::size_t>(whole(1, std::max(1, most)))));
    const bool as_options = chance(0.4);
    for (const Choice& place : places) {
      const double head = chance(0.3) ? real(0, 1) : 0;
      if (!as_options) {
        app.candidates.push_back({place.frozen,
                                  real(0.3, 1),
                                  coarse ? 0.1 : real(0, 0.6),
                                  head,
                                  {},
                                  place.stem_precision,
                                  place.tail_precision});
        continue;
      }
      for (const double fps : stem.fps_options) {
        if (chance(0.2) && !app.options.empty()) continue;
        const double f1 = coarse ? whole(0, 4) / 4.0 : real(0, 1);
        app.options.push_back(
            {place.frozen, fps, f1, {}, {}, head, place.stem_precision, place.tail_precision});
      }
    }
    return app;
  }

  void weigh(Problem& problem) {
    for (Problem::App& app : problem.apps) app.weight = chance(0.5) ? 1 : real(0.1, 5);
  }

  void limit(Problem& problem) {
    for (Problem::App& app : problem.apps) {
      if (chance(0.2)) app.min_fps = real(0, 3);
      if (chance(0.2)) app.max_fps = real(1, 6);
      if (chance(0.2)) app.min_f1 = real(0, 0.5);
      if (chance(0.1)) app.fixed_frozen = whole(0, 4);
    }
  }

  double budget(const Problem& problem) {
    double everything = 0;
    for (const Problem::App& app : problem.apps) {
      const Problem::Stem& stem = problem.stems[app.stem];
      double layers = 0;
      for (const double cost : stem.layer_costs[0].costs) layers += cost;
      everything += layers * stem.fps_options.back();
    }
    return chance(0.1) ? std::floor(everything * real(0, 0.4)) : everything * real(0.02, 1);
  }

  std::mt19937 random_;
};

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

INSTANTIATE_TEST_SUITE_P(, Properties, testing::Range(1U, 13U));

}  // namespace
}  // namespace mainstream
