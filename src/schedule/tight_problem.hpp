// Mixes for which the budget is nearly used up by running at all, for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// 11 to 16 apps on one to three streams, with exits and tails of different branchpoints, and a budget from
// the cheapest schedule's cost to a small multiple of it. Most gain lies in the frame rates of one or two
// apps. Quality is given as measured rows, as options, or as curves with event statistics, by turns.
class TightProblem {
 public:
  explicit TightProblem(unsigned seed) : random_(seed), given_as_(static_cast<GivenAs>(seed % 3)) {}

  Problem make() {
    Problem problem;
    const int streams = chance(0.5) ? 1 : whole(2, 3);
    for (int s = 0; s < streams; ++s) problem.stems.push_back(stem(s));
    const int apps = whole(11, 16), eager = whole(1, 2);
    for (int a = 0; a < apps; ++a) {
      Problem::App app;
      app.id = "app" + std::to_string(a);
      app.stem = static_cast<std::size_t>(a % streams);
      add_candidates(app, problem.stems[app.stem], a < eager);
      problem.apps.push_back(std::move(app));
    }
    problem.budget = 0;  // so that the answer is the cheapest schedule
    SolveOptions fast;
    fast.algorithm = Algorithm::fast;
    problem.budget = solve(problem, fast).cost * (1 + std::pow(10, real(-3, 0.6)));
    return problem;
  }

 private:
  enum class GivenAs { measured, options, curves };
  static constexpr int kLayers = 24;

  double real(double low, double high) { return std::uniform_real_distribution<>(low, high)(random_); }
  int whole(int low, int high) { return std::uniform_int_distribution<>(low, high)(random_); }
  bool chance(double p) { return real(0, 1) < p; }

  Problem::Stem stem(int index) {
    Problem::Stem stem{"camera" + std::to_string(index), "base", 10, {}, {{"f32", {}}}};
    const bool slow = chance(0.6);
    stem.low_rates_alone = !slow;  // as with packages, which have low rates for all
    for (const double fps : {0.1, 0.2, 0.3, 0.5, 0.7}) {
      if (slow) stem.fps_options.push_back(fps);
    }
    for (int fps = 1; fps <= 10; ++fps) {
      if (fps == 1 || chance(0.6)) stem.fps_options.push_back(fps);
    }
    const bool falling = chance(0.5);
    for (int l = 0; l < kLayers; ++l) {
      stem.layer_costs[0].costs.push_back(real(0.2, 2) * (falling ? 1.5 - 1.4 * l / kLayers : 1));
    }
    return stem;
  }

  // An eager app finds little at low rates, the others find nearly as much as at high ones.
  void add_candidates(Problem::App& app, const Problem::Stem& stem, bool is_eager) {
    const double top = real(0.5, 0.98), fall = is_eager ? real(0.4, 0.98) : real(0, 0.05);
    const double enough = real(0.5, 6), where = real(0.2, 1);
    app.events = {is_eager ? real(150, 800) : real(4000, 30000), real(0.02, 0.5), real(0, 0.5), 1};
    const int count = whole(2, 6);
    for (int c = 0; c < count; ++c) {
      const bool is_exit = chance(0.5);
      const int frozen = whole(is_exit ? 2 : 0, kLayers);
      const double share = static_cast<double>(frozen) / kLayers;
      const double best =
          std::clamp(top - 0.3 * (share - where) * (share - where) + real(-0.03, 0.03), 0.01, 1.0);
      Problem::Candidate candidate;
      candidate.id = (is_exit ? "exit-" : "tail-") + std::to_string(frozen) + "-" + std::to_string(c);
      candidate.kind = is_exit ? Problem::Candidate::Kind::exit : Problem::Candidate::Kind::tail;
      candidate.frozen = frozen;
      if (is_exit) candidate.own_cost = real(0.01, 0.3);
      candidate.tpr = best;
      candidate.fpr = real(0, 0.3) * (1 - best);
      const auto f1 = [&](double fps) {
        return std::clamp(best - fall * best * std::max(0.0, 1 - fps / enough), 0.0, 1.0);
      };
      for (const double fps : stem.fps_options) {
        if (given_as_ == GivenAs::measured)
          candidate.measured.push_back({fps, {f1(fps), f1(fps), f1(fps)}, 1, 0.05});
        if (given_as_ == GivenAs::options) {
          Problem::Option option;
          option.candidate = candidate.id;
          option.frozen = frozen;
          option.fps = fps;
          option.f1 = f1(fps);
          option.own_cost = candidate.own_cost;
          app.options.push_back(option);
        }
      }
      if (given_as_ != GivenAs::options) app.candidates.push_back(candidate);
    }
  }

  std::mt19937 random_;
  GivenAs given_as_;
};

inline Problem tight_problem(unsigned seed) {
  return TightProblem(seed).make();
}

}  // namespace mainstream
