#include "schedule/baselines.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "schedule/knapsack.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kAloneWays = 2'000;

void search_part(const Instance& instance, const Part& part, BestMean& best) {
  int left = kPartStops;
  MeanSearch search;
  search.stop = [&left] { return --left < 0; };
  search.price = best.price;
  BestMean there = best_mean(part.instance, search);
  if (there.best) offer(instance, part.in_whole(std::move(there.best->assignment)), best);
}

// With everything before its branchpoint an option's own.
double cost_alone(const InstanceStem& stem, const InstanceOption& option) {
  double way = 0;
  for (int j = 1; j <= option.level; ++j) {
    way += stem.segment_costs[static_cast<std::size_t>(option.stem_precision)][static_cast<std::size_t>(j)];
  }
  return option.own_cost + way * option.fps;
}

// What is within the budget without sharing is so with it.
void search_alone(const Instance& instance, BestMean& best) {
  std::vector<ItemClass> classes;
  double upper = best.price * instance.budget;
  for (const InstanceApp& app : instance.apps) {
    ItemClass& items = classes.emplace_back();
    double worth = -std::numeric_limits<double>::infinity();
    for (std::size_t o = 0; o < app.options.size(); ++o) {
      items.push_back({cost_alone(instance.stems[app.stem], app.options[o]), app.options[o].value, o});
      worth = std::max(worth, items.back().value - best.price * items.back().cost);
    }
    upper += worth;
  }
  const double floor = best.best->value + kHigher;
  if (upper < floor) return;
  const KnapsackAnswer answer =
      solve_knapsack(std::move(classes), instance.budget, floor, best.price, kAloneWays);
  if (answer.best) offer(instance, answer.best->chosen, best);
}

// Only the levels that are used, so that searching takes no longer than it must.
void keep_used_levels(Instance& instance) {
  for (InstanceStem& stem : instance.stems) {
    std::vector<int> place(stem.levels.size(), 0);
    for (const std::size_t a : stem.apps) {
      for (const InstanceOption& option : instance.apps[a].options)
        place[static_cast<std::size_t>(option.level)] = 1;
    }
    InstanceStem kept{
        {0}, stem.rates, std::vector<std::vector<double>>(stem.segment_costs.size(), {0.0}), stem.apps};
    std::vector<double> cost(stem.segment_costs.size(), 0.0);
    for (std::size_t j = 1; j < stem.levels.size(); ++j) {
      for (std::size_t p = 0; p < cost.size(); ++p) cost[p] += stem.segment_costs[p][j];
      if (place[j] == 0) continue;
      place[j] = static_cast<int>(kept.levels.size());
      kept.levels.push_back(stem.levels[j]);
      for (std::size_t p = 0; p < cost.size(); ++p)
        kept.segment_costs[p].push_back(std::exchange(cost[p], 0.0));
    }
    place[0] = 0;
    for (const std::size_t a : stem.apps) {
      for (InstanceOption& option : instance.apps[a].options)
        option.level = place[static_cast<std::size_t>(option.level)];
    }
    stem = std::move(kept);
  }
}

using FrozenCounts = std::vector<int>;  // one for each app

// Of each app, ascending.
std::vector<std::vector<int>> branchpoints_of(const Instance& instance) {
  std::vector<std::vector<int>> branchpoints;
  for (const InstanceApp& app : instance.apps) {
    auto& own = branchpoints.emplace_back();
    for (const InstanceOption& option : app.options) {
      if (own.empty() || own.back() != option.frozen) own.push_back(option.frozen);
    }
    std::ranges::sort(own);
    own.erase(std::unique(own.begin(), own.end()), own.end());
  }
  return branchpoints;
}

// The parts of single_branchpoints.
std::set<FrozenCounts> single_counts(const Instance& instance) {
  const auto branchpoints = branchpoints_of(instance);
  std::set<int> all;
  for (const auto& own : branchpoints) all.insert(own.begin(), own.end());
  std::set<FrozenCounts> counts;
  for (const int most : all) {
    FrozenCounts here;
    for (const auto& own : branchpoints) {
      const auto above = std::ranges::upper_bound(own, most);
      here.push_back(above == own.begin() ? own.front() : *(above - 1));
    }
    counts.insert(std::move(here));
  }
  FrozenCounts last;
  for (std::size_t a = 0; a < branchpoints.size(); ++a) {
    if (!std::ranges::binary_search(branchpoints[a], instance.apps[a].last)) return counts;
    last.push_back(instance.apps[a].last);
  }
  counts.insert(std::move(last));
  return counts;
}

// What schedules with one branchpoint for each app can be worth at a price. At given branchpoints, the best
// rate of each segment follows from those behind it.
class SingleBounds {
 public:
  SingleBounds(const Instance& instance, double price) : instance_(instance), price_(price) {
    for (const InstanceApp& app : instance.apps) {
      const InstanceStem& stem = instance.stems[app.stem];
      auto& worth = worth_.emplace_back(stem.levels.size() * stem.rates.size(), kNever);
      for (const InstanceOption& option : app.options) {
        double& here = worth[static_cast<std::size_t>(option.level) * stem.rates.size() +
                             static_cast<std::size_t>(option.rate)];
        here = std::max(here, option.value - price * option.own_cost);
      }
      for (std::size_t i = 1; i < worth.size(); ++i) {
        if (i % stem.rates.size() != 0) worth[i] = std::max(worth[i], worth[i - 1]);
      }
    }
  }

  [[nodiscard]] double upper(const FrozenCounts& counts) const {
    double upper = price_ * instance_.budget;
    for (const InstanceStem& stem : instance_.stems) upper += upper_of(stem, counts);
    return upper;
  }

 private:
  static constexpr double kNever = -1e30;

  [[nodiscard]] double upper_of(const InstanceStem& stem, const FrozenCounts& counts) const {
    const std::size_t rates = stem.rates.size();
    std::vector<double> here(stem.levels.size() * rates, 0.0);  // of the apps at a level, up to a rate
    for (const std::size_t a : stem.apps) {
      const auto level =
          static_cast<std::size_t>(std::ranges::lower_bound(stem.levels, counts[a]) - stem.levels.begin());
      for (std::size_t r = 0; r < rates; ++r) here[level * rates + r] += worth_[a][level * rates + r];
    }
    std::vector<double> deeper(rates, 0.0);
    for (std::size_t j = stem.levels.size(); j-- > 1;) {
      const double cost = price_ * stem.segment_costs.back()[j];
      for (std::size_t r = 0; r < rates; ++r) {
        deeper[r] += here[j * rates + r] - cost * stem.rates[r];
        if (r > 0) deeper[r] = std::max(deeper[r], deeper[r - 1]);
      }
    }
    return deeper.back() + here[rates - 1];
  }

  const Instance& instance_;
  double price_;
  std::vector<std::vector<double>> worth_;  // by app, of a level and a rate up to it
};

std::optional<Part> part_with(const Instance& instance, const FrozenCounts& counts) {
  auto part =
      part_of(instance, [&](std::size_t a, const auto& option) { return option.frozen == counts[a]; });
  if (part) keep_used_levels(part->instance);
  return part;
}

}  // namespace

Assignment Part::in_whole(Assignment assignment) const {
  for (std::size_t a = 0; a < assignment.size(); ++a) assignment[a] = original[a][assignment[a]];
  return assignment;
}

std::optional<Assignment> Part::in_part(const Assignment& assignment) const {
  Assignment result;
  for (std::size_t a = 0; a < assignment.size(); ++a) {
    const auto place = std::ranges::find(original[a], assignment[a]);
    if (place == original[a].end()) return std::nullopt;
    result.push_back(static_cast<std::size_t>(place - original[a].begin()));
  }
  return result;
}

std::vector<Part> single_branchpoints(const Instance& instance) {
  std::vector<Part> parts;
  for (const FrozenCounts& counts : single_counts(instance)) {
    if (auto part = part_with(instance, counts)) parts.push_back(std::move(*part));
  }
  return parts;
}

void offer(const Instance& instance, const Assignment& assignment, BestMean& best) {
  const auto cost = assignment_cost(instance, assignment);
  if (!cost || !within_budget(*cost, instance.budget)) return;
  Solution solution{assignment, value_of(instance, assignment), *cost};
  if (!best.best || better(solution, *best.best)) best.best = std::move(solution);
}

void search_baselines(const Instance& instance, BestMean& best) {
  const auto is_best = [&] { return best.best->value + kHigher >= best.bound; };
  if (!best.best || best.price <= 0 || is_best()) return;
  const SingleBounds bounds(instance, best.price);
  for (const FrozenCounts& counts : single_counts(instance)) {
    if (bounds.upper(counts) < best.best->value + kHigher) continue;
    if (const auto part = part_with(instance, counts)) search_part(instance, *part, best);
  }
  search_alone(instance, best);
}

}  // namespace mainstream
