#include "schedule/instance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "schedule/curve.hpp"

namespace mainstream {
namespace {

// after[k]: cost of one frame through the layers k, k + 1, .. to the end.
std::vector<double> costs_from(const std::vector<double>& layers) {
  std::vector<double> after(layers.size() + 1, 0.0);
  for (std::size_t k = layers.size(); k-- > 0;) after[k] = after[k + 1] + layers[k];
  return after;
}

std::vector<double> rates_of(const Problem::Stem& stem, const std::vector<double>& more_rates) {
  std::vector<double> rates = stem.fps_options;
  for (const double rate : more_rates) {
    if (rate <= stem.stream_fps) rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

class Expansion {
 public:
  Expansion(const Problem::Stem& stem, const std::vector<double>& more_rates)
      : rates_(rates_of(stem, more_rates)) {
    for (const Problem::LayerCosts& layers : stem.layer_costs) after_.push_back(costs_from(layers.costs));
  }

  [[nodiscard]] std::vector<InstanceOption> options(const Problem::App& app, double value_of_f1) const {
    std::vector<InstanceOption> options;
    for (const Problem::Option& given : app.options) {
      InstanceOption& option = add(options, given, given.fps, value_of_f1 * given.f1);
      option.f1 = given.f1;
      option.recall = given.recall;
      option.precision = given.precision;
    }
    for (const Problem::Candidate& candidate : corrected_curve(app.candidates)) {
      for (const double fps : rates_) {
        const Quality quality = candidate_quality(app.events, candidate, fps);
        InstanceOption& option = add(options, candidate, fps, value_of_f1 * quality.f1);
        option.f1 = quality.f1;
        option.recall = quality.recall;
        option.precision = quality.precision;
      }
    }
    return options;
  }

 private:
  template <typename Point>
  InstanceOption& add(std::vector<InstanceOption>& options, const Point& point, double fps,
                      double value) const {
    InstanceOption& option = options.emplace_back();
    option.choice = {point.frozen, fps, point.stem_precision, point.tail_precision};
    const std::vector<double>& after = after_[static_cast<std::size_t>(point.tail_precision)];
    option.own_cost = fps * (after[static_cast<std::size_t>(point.frozen)] + point.head_cost);
    option.value = value;
    return option;
  }

  std::vector<double> rates_;
  std::vector<std::vector<double>> after_;  // by precision
};

std::vector<std::vector<double>> segment_costs(const Problem::Stem& stem, const std::vector<int>& levels) {
  std::vector<std::vector<double>> result;
  for (const Problem::LayerCosts& layers : stem.layer_costs) {
    std::vector<double> costs(levels.size(), 0.0);
    for (std::size_t j = 1; j < levels.size(); ++j) {
      const auto first = layers.costs.begin() + levels[j - 1], end = layers.costs.begin() + levels[j];
      costs[j] = std::accumulate(first, end, 0.0);
      if (!result.empty()) costs[j] = std::min(costs[j], result.back()[j]);
    }
    result.push_back(std::move(costs));
  }
  return result;
}

template <typename T>
int index_in(const std::vector<T>& sorted, T value) {
  return static_cast<int>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
}

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void place_on_grid(const Problem::Stem& given, InstanceStem& stem, std::vector<InstanceApp>& apps) {
  stem.levels = {0};
  stem.rates = {0};
  for (const std::size_t a : stem.apps) {
    for (const InstanceOption& option : apps[a].options) {
      stem.levels.push_back(option.choice.frozen);
      stem.rates.push_back(option.choice.fps);
    }
  }
  sort_unique(stem.levels);
  sort_unique(stem.rates);
  stem.segment_costs = segment_costs(given, stem.levels);
  for (const std::size_t a : stem.apps) {
    for (InstanceOption& option : apps[a].options) {
      option.level = index_in(stem.levels, option.choice.frozen);
      option.rate = index_in(stem.rates, option.choice.fps);
    }
  }
}

// What the apps of one stem ask of each segment: the highest rate, and the stem precision of the next
// branchpoint in use (-1 where there is none).
struct Demand {
  std::vector<int> rate, precision;
};

std::optional<Demand> demand_of(const Instance& instance, const InstanceStem& stem,
                                const Assignment& assignment) {
  Demand demand{std::vector<int>(stem.levels.size(), 0), std::vector<int>(stem.levels.size(), -1)};
  for (const std::size_t a : stem.apps) {
    const InstanceOption& option = instance.apps[a].options[assignment[a]];
    if (option.level == 0) continue;
    const auto level = static_cast<std::size_t>(option.level);
    demand.rate[level] = std::max(demand.rate[level], option.rate);
    if (demand.precision[level] >= 0 && demand.precision[level] != option.choice.stem_precision)
      return std::nullopt;
    demand.precision[level] = option.choice.stem_precision;
  }
  for (std::size_t j = stem.levels.size() - 1; j-- > 1;) {
    demand.rate[j] = std::max(demand.rate[j], demand.rate[j + 1]);
    if (demand.precision[j] < 0) demand.precision[j] = demand.precision[j + 1];
    if (demand.precision[j + 1] >= 0 && demand.precision[j] > demand.precision[j + 1]) return std::nullopt;
  }
  return demand;
}

}  // namespace

std::vector<std::vector<InstanceOption>> expand(const Problem& problem,
                                                const std::vector<double>& more_rates) {
  std::vector<Expansion> expansions;
  for (const Problem::Stem& stem : problem.stems) expansions.emplace_back(stem, more_rates);
  double weights = 0;
  for (const Problem::App& app : problem.apps) weights += app.weight;
  const double scale = static_cast<double>(problem.apps.size()) / weights;
  std::vector<std::vector<InstanceOption>> options;
  for (const Problem::App& app : problem.apps) {
    options.push_back(expansions[app.stem].options(app, app.weight * scale));
  }
  return options;
}

void drop_dominated(std::vector<InstanceOption>& options) {
  const auto dominates = [](const InstanceOption& a, const InstanceOption& b) {
    return a.choice.frozen == b.choice.frozen && a.choice.stem_precision == b.choice.stem_precision &&
           a.choice.fps <= b.choice.fps && a.own_cost <= b.own_cost && a.f1 >= b.f1;
  };
  std::vector<InstanceOption> kept;
  kept.reserve(options.size());
  for (const InstanceOption& option : options) {
    // Options of a branchpoint come one behind the other, by ascending rate.
    const bool needed = std::none_of(kept.rbegin(), kept.rend(),
                                     [&](const InstanceOption& other) { return dominates(other, option); });
    if (needed) kept.push_back(option);
  }
  options = std::move(kept);
}

Instance make_instance(const Problem& problem, std::vector<std::vector<InstanceOption>> options) {
  Instance instance;
  instance.budget = problem.budget;
  instance.stems.resize(problem.stems.size());
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    instance.stems[problem.apps[a].stem].apps.push_back(a);
    instance.apps.push_back({problem.apps[a].stem, std::move(options[a])});
  }
  for (std::size_t s = 0; s < problem.stems.size(); ++s) {
    place_on_grid(problem.stems[s], instance.stems[s], instance.apps);
  }
  return instance;
}

std::optional<double> assignment_cost(const Instance& instance, const Assignment& assignment) {
  double cost = 0;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    cost += instance.apps[a].options[assignment[a]].own_cost;
  }
  for (const InstanceStem& stem : instance.stems) {
    const auto demand = demand_of(instance, stem, assignment);
    if (!demand) return std::nullopt;
    for (std::size_t j = 1; j < stem.levels.size() && demand->rate[j] > 0; ++j) {
      const auto precision = static_cast<std::size_t>(demand->precision[j]);
      cost += stem.segment_costs[precision][j] * stem.rates[static_cast<std::size_t>(demand->rate[j])];
    }
  }
  return cost;
}

}  // namespace mainstream
