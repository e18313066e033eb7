#include "schedule/search/baselines.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "schedule/search/knapsack.hpp"
#include "schedule/search/priced_stem.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kFrontAlone = 2'000;

void search_part(const Instance& instance, const Part& part, const std::function<bool()>& stop,
                 BestMean& best) {
  int left = kStopsInPart;
  MeanSearch search;
  search.stop = [&] { return --left < 0 || (stop && stop()); };
  search.price = best.price;
  BestMean there = best_mean(part.instance, search);
  if (there.best) offer(instance, part.in_whole(std::move(there.best->assignment)), best.best);
}

// The cost of an option that shares nothing.
double cost_alone(const StemGrid& stem, const AppOption& option) {
  double stem_cost = 0;
  for (int j = 1; j <= option.level; ++j) {
    stem_cost += stem.segment_costs[static_cast<std::size_t>(option.stem_type)][static_cast<std::size_t>(j)];
  }
  return option.own_cost + stem_cost * option.fps;
}

// Offers the best schedule without sharing: shared, it costs no more.
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
  const double floor = best.best->value + kLeastGain;
  if (upper < floor) return;
  const KnapsackResult choice =
      solve_knapsack(std::move(classes), instance.budget, floor, best.price, kFrontAlone, {});
  if (choice.best) offer(instance, choice.best->items, best.best);
}

// Joins segments that no option tells apart, so that searches take no longer than they must.
void keep_used_levels(Instance& instance) {
  for (StemGrid& stem : instance.stems) {
    std::vector<int> new_level(stem.levels.size(), 0);
    for (const std::size_t a : stem.apps) {
      for (const AppOption& option : instance.apps[a].options)
        new_level[static_cast<std::size_t>(option.level)] = 1;
    }
    StemGrid kept{
        {0}, stem.rates, std::vector<std::vector<double>>(stem.segment_costs.size(), {0.0}), stem.apps};
    std::vector<double> cost(stem.segment_costs.size(), 0.0);
    for (std::size_t j = 1; j < stem.levels.size(); ++j) {
      for (std::size_t p = 0; p < cost.size(); ++p) cost[p] += stem.segment_costs[p][j];
      if (new_level[j] == 0) continue;
      new_level[j] = static_cast<int>(kept.levels.size());
      kept.levels.push_back(stem.levels[j]);
      for (std::size_t p = 0; p < cost.size(); ++p)
        kept.segment_costs[p].push_back(std::exchange(cost[p], 0.0));
    }
    new_level[0] = 0;
    for (const std::size_t a : stem.apps) {
      for (AppOption& option : instance.apps[a].options)
        option.level = new_level[static_cast<std::size_t>(option.level)];
    }
    stem = std::move(kept);
  }
}

using FrozenCounts = std::vector<int>;  // by app

// By app: the frozen counts of its options, ascending.
std::vector<std::vector<int>> branchpoints_of(const Instance& instance) {
  std::vector<std::vector<int>> branchpoints;
  for (const InstanceApp& app : instance.apps) {
    auto& own = branchpoints.emplace_back();
    for (const AppOption& option : app.options) {
      if (own.empty() || own.back() != option.frozen) own.push_back(option.frozen);
    }
    std::ranges::sort(own);
    own.erase(std::unique(own.begin(), own.end()), own.end());
  }
  return branchpoints;
}

// The frozen counts of the parts of single_branchpoints.
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
    if (!std::ranges::binary_search(branchpoints[a], instance.apps[a].last_frozen)) return counts;
    last.push_back(instance.apps[a].last_frozen);
  }
  counts.insert(std::move(last));
  return counts;
}

// Upper bounds at a price on schedules with one given branchpoint for each app. There the best rate of each
// segment follows from those of deeper ones, by dynamic programming.
class SingleBounds {
 public:
  SingleBounds(const Instance& instance, double price) : instance_(instance), price_(price) {
    for (const InstanceApp& app : instance.apps) {
      const StemGrid& stem = instance.stems[app.stem];
      auto& worth = worth_.emplace_back(stem.levels.size() * stem.rates.size(), kNever);
      for (const AppOption& option : app.options) {
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
    for (const StemGrid& stem : instance_.stems) upper += upper_of(stem, counts);
    return upper;
  }

 private:
  [[nodiscard]] double upper_of(const StemGrid& stem, const FrozenCounts& counts) const {
    const std::size_t rates = stem.rates.size();
    std::vector<double> here(stem.levels.size() * rates, 0.0);  // worth of the apps at a level, up to a rate
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
  std::vector<std::vector<double>> worth_;  // by app: best worth at a level, up to a rate
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

void search_baselines(const Instance& instance, const std::function<bool()>& stop, BestMean& best) {
  const auto is_best = [&] { return best.best->value + kLeastGain >= best.bound; };
  if (!best.best || best.price <= 0 || is_best()) return;
  const SingleBounds bounds(instance, best.price);
  for (const FrozenCounts& counts : single_counts(instance)) {
    if (bounds.upper(counts) < best.best->value + kLeastGain) continue;
    if (const auto part = part_with(instance, counts)) search_part(instance, *part, stop, best);
  }
  search_alone(instance, best);
}

}  // namespace mainstream
