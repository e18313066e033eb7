// Random problems for tests and benchmarks.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// Small problems of many kinds, few enough options in all for brute force.
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
    const int layers = whole(1, 6), number_types = chance(0.25) ? whole(2, 3) : 1;
    const bool round = chance(0.5);
    for (int p = 0; p < number_types; ++p) {
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
    const int number_types = static_cast<int>(stem.layer_costs.size());
    std::vector<Choice> places;  // two candidates at each, a tail and an exit
    for (int place = 0; place < 2 * (layers + 1) * number_types * number_types; ++place) {
      const int pair = place / 2 % (number_types * number_types);
      const int frozen = place / 2 / (number_types * number_types);
      const std::string kind = place % 2 == 0 ? "tail-" : "exit-";
      places.push_back(
          {kind + std::to_string(frozen), frozen, 0, 1, pair / number_types, pair % number_types});
    }
    std::shuffle(places.begin(), places.end(), random_);
    const int most = most_options / static_cast<int>(stem.fps_options.size());
    places.resize(std::min(places.size(), static_cast<std::size_t>(whole(1, std::max(1, most)))));
    const bool as_options = chance(0.4), is_measured = chance(0.3);
    for (const Choice& place : places) {
      if (!as_options) {
        app.candidates.push_back(candidate(place, coarse));
        if (is_measured) measure(app.candidates.back(), coarse);
        continue;
      }
      for (const double fps : stem.fps_options) {
        if (chance(0.2) && !app.options.empty()) continue;
        Problem::Option option;
        option.candidate = place.candidate;
        option.frozen = place.frozen;
        option.fps = fps;
        option.f1 = coarse ? whole(0, 4) / 4.0 : real(0, 1);
        option.votes = whole(1, 3);
        option.stem_type = place.stem_type;
        option.tail_type = place.tail_type;
        set_costs(option, place.candidate.starts_with("exit"));
        app.options.push_back(option);
      }
    }
    return app;
  }

  // Exits have a head alone, tails now and then a cost of their own as measured.
  template <typename Point>
  void set_costs(Point& point, bool is_exit) {
    if (is_exit || chance(0.2)) point.own_cost = is_exit ? real(0, 0.5) : real(0, 8);
    if (chance(0.3)) point.head_cost = real(0, 1);
  }

  Problem::Candidate candidate(const Choice& place, bool coarse) {
    Problem::Candidate candidate;
    const bool is_exit = place.candidate.starts_with("exit");
    candidate.id = place.candidate;
    candidate.kind = is_exit ? Problem::Candidate::Kind::exit : Problem::Candidate::Kind::tail;
    candidate.frozen = place.frozen;
    candidate.tpr = real(0.3, 1);
    candidate.fpr = coarse ? 0.1 : real(0, 0.6);
    candidate.stem_type = place.stem_type;
    candidate.tail_type = place.tail_type;
    set_costs(candidate, is_exit);
    return candidate;
  }

  void measure(Problem::Candidate& candidate, bool coarse) {
    double fps = 0;
    for (int row = whole(1, 3); row > 0; --row) {
      fps += real(0.2, 4);
      for (int votes = 1; votes < 4; votes += whole(1, 3)) {
        Problem::MeasuredQuality measured{fps, {real(0, 1), real(0, 1)}, votes, real(0, 0.1)};
        measured.quality.f1 = coarse ? whole(0, 4) / 4.0 : real(0, 1);
        candidate.measured.push_back(measured);
      }
    }
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
      if (chance(0.05)) app.fixed_candidate = "exit-" + std::to_string(whole(0, 4));
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

// A mix as it comes up in practice: cameras of 14 frames per second with as many apps each, all from one base
// of 64 layers that get cheaper towards the end, with curves that fall as more is frozen, faster near the
// end.
struct MixShape {
  int apps = 100, streams = 1, branchpoints = 16, rates = 14;
  double budget = 0.1;  // share of what every app at its best by itself would cost
  unsigned seed = 1;
};

inline Problem random_mix(const MixShape& shape) {
  std::mt19937 random(shape.seed);
  const auto real = [&](double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random);
  };
  constexpr int kLayers = 64;
  constexpr double kStreamFps = 14;
  Problem problem;
  Problem::LayerCosts layers;
  double network = 0;
  for (int layer = 0; layer < kLayers; ++layer) {
    layers.costs.push_back(real(0.5, 1.5) * (1.5 - static_cast<double>(layer) / kLayers));
    network += layers.costs.back();
  }
  for (int s = 0; s < shape.streams; ++s) {
    Problem::Stem stem{"camera" + std::to_string(s), "base", kStreamFps, {}, {layers}};
    for (int r = 1; r <= shape.rates; ++r) stem.fps_options.push_back(kStreamFps * r / shape.rates);
    problem.stems.push_back(std::move(stem));
  }
  for (int a = 0; a < shape.apps; ++a) {
    Problem::App app;
    app.id = "app" + std::to_string(a);
    app.stem = static_cast<std::size_t>(a % shape.streams);
    app.events = {real(200, 3000), real(0.02, 0.4), real(0, 0.4), 1};
    const double best = real(0.75, 0.99), lost = real(0.02, 0.4), fpr = real(0.01, 0.1), bend = real(1, 5);
    for (int b = 0; b < shape.branchpoints; ++b) {
      const double share = shape.branchpoints == 1 ? 1 : static_cast<double>(b) / (shape.branchpoints - 1);
      Problem::Candidate candidate;
      candidate.frozen = static_cast<int>(std::lround(share * kLayers));
      candidate.tpr = std::clamp(best - lost * std::pow(share, bend) + real(-0.01, 0.01), 0.0, 1.0);
      candidate.fpr = fpr * (1 + share);
      app.candidates.push_back(candidate);
    }
    problem.apps.push_back(std::move(app));
  }
  problem.budget = shape.budget * network * kStreamFps * shape.apps;
  return problem;
}

}  // namespace mainstream
