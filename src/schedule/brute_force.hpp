// For tests: the best schedule by trying all of them, written straight from the definitions in
// docs/scheduling.md, layer by layer, with nothing of the library but the quality of one option.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "schedule/candidate_quality.hpp"

namespace mainstream {

struct TriedOption {
  Choice choice;
  double f1 = 0, head_cost = 0;
  std::optional<double> own_cost;
};

inline std::vector<TriedOption> options_of(const Problem& problem, const Problem::App& app) {
  std::vector<TriedOption> options;
  for (const Problem::Option& o : app.options) {
    options.push_back({{candidate_id(o), o.frozen, o.fps, o.votes, o.stem_type, o.tail_type},
                       o.f1,
                       o.head_cost,
                       o.own_cost});
  }
  for (const Problem::Candidate& c : corrected_candidates(app.candidates)) {
    for (const double fps : problem.stems[app.stem].fps_options) {
      const VotedQuality found = candidate_quality(app.events, c, fps);
      options.push_back({{candidate_id(c), c.frozen, fps, found.votes, c.stem_type, c.tail_type},
                         found.quality.f1,
                         c.head_cost,
                         c.own_cost});
    }
  }
  std::erase_if(options, [&](const TriedOption& o) {
    return o.choice.fps < app.min_fps.value_or(0) || o.choice.fps > app.max_fps.value_or(1e9) ||
           o.f1 < app.min_f1.value_or(0) - 1e-9 || o.choice.fps != app.fixed_fps.value_or(o.choice.fps) ||
           o.choice.frozen != app.fixed_frozen.value_or(o.choice.frozen) ||
           o.choice.candidate != app.fixed_candidate.value_or(o.choice.candidate);
  });
  return options;
}

struct Tried {
  double mean = 0, min = 0, cost = 0;
};

class BruteForce {
 public:
  explicit BruteForce(const Problem& problem) : problem_(problem) {
    for (const Problem::App& app : problem.apps) options_.push_back(options_of(problem, app));
    chosen_.resize(options_.size());
    from(0);
  }

  std::optional<Tried> best_mean, best_max_min;
  double cheapest = std::numeric_limits<double>::infinity();

 private:
  void from(std::size_t app) {
    if (app == options_.size()) return judge();
    for (const TriedOption& option : options_[app]) {
      chosen_[app] = &option;
      from(app + 1);
    }
  }

  void judge() {
    Tried tried{0, 1, 0};
    double weights = 0;
    for (std::size_t a = 0; a < chosen_.size(); ++a) {
      tried.mean += problem_.apps[a].weight * chosen_[a]->f1;
      weights += problem_.apps[a].weight;
      tried.min = std::min(tried.min, chosen_[a]->f1);
      tried.cost += tail_cost(a);
    }
    tried.mean /= weights;
    for (std::size_t s = 0; s < problem_.stems.size(); ++s) {
      const auto cost = stem_cost(s);
      if (!cost) return;
      tried.cost += *cost;
    }
    cheapest = std::min(cheapest, tried.cost);
    if (!within_budget(tried.cost, problem_.budget)) return;
    const double n = static_cast<double>(chosen_.size());
    const auto order = [](double a, double b, double same) {
      return a > b + same ? 1 : a < b - same ? -1 : 0;
    };
    const auto by_mean = [&](const Tried& a, const Tried& b) {
      const int mean = order(a.mean * n, b.mean * n, 1e-9);
      return mean != 0 ? mean > 0 : a.cost < b.cost;
    };
    const auto by_min = [&](const Tried& a, const Tried& b) {
      const int min = order(a.min, b.min, 1e-9);
      return min != 0 ? min > 0 : by_mean(a, b);
    };
    if (!best_mean || by_mean(tried, *best_mean)) best_mean = tried;
    if (!best_max_min || by_min(tried, *best_max_min)) best_max_min = tried;
  }

  double tail_cost(std::size_t a) const {
    const TriedOption& option = *chosen_[a];
    const Problem::Stem& stem = problem_.stems[problem_.apps[a].stem];
    const auto& layers = stem.layer_costs[static_cast<std::size_t>(option.choice.tail_type)].costs;
    if (option.own_cost) return *option.own_cost * option.choice.fps;
    double cost = option.head_cost;
    for (std::size_t l = static_cast<std::size_t>(option.choice.frozen); l < layers.size(); ++l)
      cost += layers[l];
    return cost * option.choice.fps;
  }

  // Each layer at the highest rate asked for, at the type of the next branchpoint, or a more exact one
  // where that is cheaper for the whole segment between two branchpoints of anybody.
  std::optional<double> stem_cost(std::size_t s) const {
    const Problem::Stem& stem = problem_.stems[s];
    std::map<int, std::pair<double, int>> used;  // frozen -> highest rate, type
    std::vector<int> branchpoints{0};
    for (std::size_t a = 0; a < chosen_.size(); ++a) {
      if (problem_.apps[a].stem != s) continue;
      for (const TriedOption& option : options_[a]) branchpoints.push_back(option.choice.frozen);
      const Choice& choice = chosen_[a]->choice;
      if (choice.frozen == 0) continue;
      const auto [entry, fresh] = used.try_emplace(choice.frozen, choice.fps, choice.stem_type);
      if (!fresh && entry->second.second != choice.stem_type) return std::nullopt;
      entry->second.first = std::max(entry->second.first, choice.fps);
    }
    int before = -1;
    for (const auto& [frozen, use] : used) {
      if (use.second < before) return std::nullopt;
      before = use.second;
    }
    std::sort(branchpoints.begin(), branchpoints.end());
    double cost = 0;
    for (std::size_t b = 1; b < branchpoints.size(); ++b) {
      double rate = 0;
      int type = -1;
      for (const auto& [frozen, use] : used) {
        if (frozen < branchpoints[b]) continue;
        rate = std::max(rate, use.first);
        if (type < 0) type = use.second;
      }
      double segment = std::numeric_limits<double>::infinity();
      for (int p = 0; p <= type; ++p) {
        double sum = 0;
        for (int l = branchpoints[b - 1]; l < branchpoints[b]; ++l) {
          sum += stem.layer_costs[static_cast<std::size_t>(p)].costs[static_cast<std::size_t>(l)];
        }
        segment = std::min(segment, sum);
      }
      if (rate > 0) cost += segment * rate;
    }
    return cost;
  }

  const Problem& problem_;
  std::vector<std::vector<TriedOption>> options_;
  std::vector<const TriedOption*> chosen_;
};

// The best mean when every app runs everything for itself, its cost written out layer by layer. Nothing when
// nothing is within the budget.
inline std::optional<double> best_mean_alone(const Problem& problem,
                                             const std::vector<std::vector<TriedOption>>& options,
                                             std::size_t app = 0, double cost = 0, double value = 0) {
  if (app == options.size()) return within_budget(cost, problem.budget) ? std::optional(value) : std::nullopt;
  const auto& stem = problem.stems[problem.apps[app].stem];
  double weights = 0;
  for (const Problem::App& other : problem.apps) weights += other.weight;
  std::optional<double> best;
  for (const TriedOption& option : options[app]) {
    const auto& layers = stem.layer_costs[static_cast<std::size_t>(option.choice.tail_type)].costs;
    const auto frozen = static_cast<std::size_t>(option.choice.frozen);
    double way = std::numeric_limits<double>::infinity();
    for (int p = 0; p <= option.choice.stem_type; ++p) {
      double sum = 0;
      for (std::size_t l = 0; l < frozen; ++l) sum += stem.layer_costs[static_cast<std::size_t>(p)].costs[l];
      way = std::min(way, sum);
    }
    double own = option.head_cost;
    for (std::size_t l = frozen; l < layers.size(); ++l) own += layers[l];
    const double frame = way + option.own_cost.value_or(own);
    const auto rest = best_mean_alone(problem, options, app + 1, cost + frame * option.choice.fps,
                                      value + problem.apps[app].weight * option.f1 / weights);
    if (rest && (!best || *rest > *best)) best = rest;
  }
  return best;
}

}  // namespace mainstream
