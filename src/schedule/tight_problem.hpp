// Mixes for which the budget is nearly used up by running at all, for tests.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// 11 to 16 apps with exits and tails of different branchpoints, rates from 0.1 up, and a budget between the
// cheapest schedule's cost and a small multiple of it. Most gain lies in one or two apps' frame rates; where
// an app has most to win, it is dear.
inline Problem tight_problem(unsigned seed) {
  std::mt19937 random(seed);
  const auto real = [&](double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random);
  };
  const auto whole = [&](int low, int high) { return std::uniform_int_distribution<>(low, high)(random); };
  constexpr int kLayers = 24;
  Problem problem;
  Problem::Stem stem{"camera", "base", 10, {}, {{"f32", {}}}};
  for (const double fps : {0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0}) {
    if (fps < 1 || seed % 3 != 0) stem.fps_options.push_back(fps);
    if (seed % 3 == 0 && fps >= 1 && whole(0, 1) == 1) stem.fps_options.push_back(fps);
  }
  for (int l = 0; l < kLayers; ++l) stem.layer_costs[0].costs.push_back(real(0.2, 2));
  problem.stems.push_back(stem);
  const int apps = whole(11, 16), eager = whole(1, 2);
  double least = 0;
  for (int a = 0; a < apps; ++a) {
    Problem::App app;
    app.id = "app" + std::to_string(a);
    const bool is_eager = a < eager;
    const double top = real(0.5, 0.98), fall = is_eager ? real(0.4, 0.98) : real(0, 0.05);
    const double rate = real(0.5, 6), where = real(0.2, 1);
    const int candidates = whole(2, 5);
    double cheapest = 1e9;
    for (int c = 0; c < candidates; ++c) {
      const bool is_exit = whole(0, 1) == 1;
      const int frozen = whole(is_exit ? 2 : 0, kLayers);
      const double share = static_cast<double>(frozen) / kLayers;
      Problem::Candidate candidate;
      candidate.id = (is_exit ? "exit-" : "tail-") + std::to_string(frozen) + "-" + std::to_string(c);
      candidate.kind = is_exit ? Problem::Candidate::Kind::exit : Problem::Candidate::Kind::tail;
      candidate.frozen = frozen;
      if (is_exit) candidate.own_cost = real(0.01, 0.3);
      const double best =
          std::clamp(top - 0.3 * (share - where) * (share - where) + real(-0.03, 0.03), 0.0, 1.0);
      for (const double fps : stem.fps_options) {
        const double f1 = std::clamp(best - fall * best * std::max(0.0, 1 - fps / rate), 0.0, 1.0);
        candidate.measured.push_back({fps, {f1, f1, f1}, 1, 0.05});
      }
      double cost = candidate.own_cost.value_or(0);
      for (int l = is_exit ? 0 : frozen; l < (is_exit ? 0 : kLayers); ++l) {
        cost += stem.layer_costs[0].costs[static_cast<std::size_t>(l)];
      }
      cheapest = std::min(cheapest, cost);
      app.candidates.push_back(candidate);
    }
    least += cheapest * stem.fps_options.front();
    problem.apps.push_back(std::move(app));
  }
  problem.budget = 0;
  for (const double cost : stem.layer_costs[0].costs) problem.budget += cost * stem.fps_options.front();
  problem.budget = (problem.budget + least) * real(1.0, whole(0, 2) == 0 ? 6.0 : 1.6);
  return problem;
}

}  // namespace mainstream
