#include "schedule/instance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "schedule/curve.hpp"

namespace mainstream {
namespace {

// after[k]: cost of one frame through the layers k, k + 1, .. to the end.
std::vector<double> costs_from(const std::vector<double>& layers) {
  std::vector<double> after(layers.size() + 1, 0.0);
  for (std::size_t k = layers.size(); k-- > 0;) after[k] = after[k + 1] + layers[k];
  return after;
}

// Without sharing, one frame per second for everybody may already be too much.
std::vector<double> rates_of(const Problem::Stem& stem, bool low_rates) {
  constexpr double kLowest = 0.1;
  std::vector<double> rates = stem.fps_options;
  if (!low_rates || rates.front() <= kLowest) return rates;
  for (const double rate : {kLowest, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}) {
    if (rate <= stem.stream_fps) rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

// What becomes of the points of one stem.
class Expander {
 public:
  Expander(const Problem::Stem& stem, const Expansion& how)
      : alone_(how.alone), rates_(rates_of(stem, how.low_rates)) {
    for (const Problem::LayerCosts& layers : stem.layer_costs) after_.push_back(costs_from(layers.costs));
  }

  [[nodiscard]] std::vector<InstanceOption> options(const Problem::App& app, double value_of_f1) const {
    std::vector<InstanceOption> options;
    for (std::size_t i = 0; i < app.options.size(); ++i) {
      const Problem::Option& given = app.options[i];
      InstanceOption& option = add(options, given, i, given.fps);
      option.votes = given.votes;
      option.f1 = given.f1;
      option.value = value_of_f1 * given.f1;
      option.recall = given.recall.value_or(InstanceOption::kUnknown);
      option.precision = given.precision.value_or(InstanceOption::kUnknown);
    }
    const std::vector<Problem::Candidate> candidates = corrected_curve(app.candidates);
    options.reserve(options.size() + candidates.size() * rates_.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      for (const double fps : rates_) {
        const VotedQuality found = candidate_quality(app.events, candidates[i], fps);
        InstanceOption& option = add(options, candidates[i], i, fps);
        option.votes = found.votes;
        option.f1 = found.quality.f1;
        option.value = value_of_f1 * found.quality.f1;
        option.recall = found.quality.recall;
        option.precision = found.quality.precision;
      }
    }
    return options;
  }

 private:
  template <typename Point>
  InstanceOption& add(std::vector<InstanceOption>& options, const Point& point, std::size_t entry,
                      double fps) const {
    InstanceOption& option = options.emplace_back();
    option.entry = static_cast<std::uint32_t>(entry);
    option.frozen = point.frozen;
    option.shared = alone_ ? 0 : point.frozen;
    option.fps = fps;
    option.stem_precision = point.stem_precision;
    option.tail_precision = point.tail_precision;
    const std::vector<double>& after = after_[static_cast<std::size_t>(point.tail_precision)];
    const double own =
        point.own_cost.value_or(after[static_cast<std::size_t>(point.frozen)] + point.head_cost);
    option.own_cost = fps * (own + (alone_ ? way_to(point.frozen, point.stem_precision) : 0));
    return option;
  }

  // Of one frame through all layers before a branchpoint, at that precision or a more exact one where that
  // is cheaper.
  [[nodiscard]] double way_to(int frozen, int precision) const {
    double least = std::numeric_limits<double>::infinity();
    for (int p = 0; p <= precision; ++p) {
      const std::vector<double>& after = after_[static_cast<std::size_t>(p)];
      least = std::min(least, after.front() - after[static_cast<std::size_t>(frozen)]);
    }
    return least;
  }

  bool alone_;
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
      stem.levels.push_back(option.shared);
      stem.rates.push_back(option.fps);
    }
  }
  sort_unique(stem.levels);
  sort_unique(stem.rates);
  stem.segment_costs = segment_costs(given, stem.levels);
  for (const std::size_t a : stem.apps) {
    for (InstanceOption& option : apps[a].options) {
      option.level = index_in(stem.levels, option.shared);
      option.rate = index_in(stem.rates, option.fps);
    }
  }
}

// The deepest at which something reads that tensor alone, if there is any such.
int last_branchpoint(const Problem::App& app) {
  int last = 0, last_alone = -1;
  for (const Problem::Candidate& candidate : app.candidates) {
    last = std::max(last, candidate.frozen);
    if (candidate.levels == 1) last_alone = std::max(last_alone, candidate.frozen);
  }
  for (const Problem::Option& option : app.options) last = std::max(last, option.frozen);
  return last_alone >= 0 ? last_alone : last;
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
    if (demand.precision[level] >= 0 && demand.precision[level] != option.stem_precision) return std::nullopt;
    demand.precision[level] = option.stem_precision;
  }
  for (std::size_t j = stem.levels.size() - 1; j-- > 1;) {
    demand.rate[j] = std::max(demand.rate[j], demand.rate[j + 1]);
    if (demand.precision[j] < 0) demand.precision[j] = demand.precision[j + 1];
    if (demand.precision[j + 1] >= 0 && demand.precision[j] > demand.precision[j + 1]) return std::nullopt;
  }
  return demand;
}

// Where it leaves the stem, and how fast that must run there: nothing to others where nothing is shared.
std::pair<int, int> stem_place(const InstanceOption& option) {
  return {option.shared, option.shared == 0 ? 0 : option.stem_precision};
}

double asked_rate(const InstanceOption& option) {
  return option.shared == 0 ? 0 : option.fps;
}

}  // namespace

AppOptions expand(const Problem& problem, const Expansion& how) {
  std::vector<Expander> stems;
  for (const Problem::Stem& stem : problem.stems) stems.emplace_back(stem, how);
  double weights = 0;
  for (const Problem::App& app : problem.apps) weights += app.weight;
  const double scale = static_cast<double>(problem.apps.size()) / weights;
  AppOptions options;
  for (const Problem::App& app : problem.apps) {
    options.push_back(stems[app.stem].options(app, app.weight * scale));
  }
  return options;
}

bool is_as_good(const InstanceOption& option, const InstanceOption& other) {
  return stem_place(option) == stem_place(other) && asked_rate(option) <= asked_rate(other) &&
         option.own_cost <= other.own_cost && option.f1 >= other.f1;
}

void drop_dominated(std::vector<InstanceOption>& options) {
  const auto key = [](const InstanceOption& o) {
    return std::tuple(stem_place(o), asked_rate(o), o.own_cost, -o.f1);
  };
  const auto before = [&](auto a, auto b) { return key(options[a]) < key(options[b]); };
  std::vector<std::uint32_t> order(options.size());
  std::iota(order.begin(), order.end(), 0U);
  if (!std::ranges::is_sorted(order, before)) std::ranges::stable_sort(order, before);
  std::vector<InstanceOption> kept;
  kept.reserve(options.size());
  for (const std::uint32_t o : order) {
    const InstanceOption& option = options[o];
    const auto place = stem_place(option);
    bool needed = true;
    for (auto other = kept.rbegin(); needed && other != kept.rend() && stem_place(*other) == place; ++other) {
      needed = !is_as_good(*other, option);
    }
    if (needed) kept.push_back(option);
  }
  options = std::move(kept);
}

std::string id_of(const Problem::App& app, const InstanceOption& option) {
  return app.options.empty() ? candidate_id(app.candidates[option.entry])
                             : candidate_id(app.options[option.entry]);
}

Choice choice_of(const Problem::App& app, const InstanceOption& option) {
  return {id_of(app, option), option.frozen,         option.fps,
          option.votes,       option.stem_precision, option.tail_precision};
}

bool is_choice(const Problem::App& app, const InstanceOption& option, const Choice& choice) {
  return option.fps == choice.fps && option.stem_precision == choice.stem_precision &&
         option.tail_precision == choice.tail_precision &&
         (choice.votes == 0 || option.votes == choice.votes) &&
         id_of(app, option) == (choice.candidate.empty() ? std::to_string(choice.frozen) : choice.candidate);
}

Instance make_instance(const Problem& problem, AppOptions options) {
  Instance instance;
  instance.budget = problem.budget;
  instance.stems.resize(problem.stems.size());
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    instance.stems[problem.apps[a].stem].apps.push_back(a);
    instance.apps.push_back({problem.apps[a].stem, last_branchpoint(problem.apps[a]), std::move(options[a])});
  }
  for (std::size_t s = 0; s < problem.stems.size(); ++s) {
    place_on_grid(problem.stems[s], instance.stems[s], instance.apps);
  }
  return instance;
}

double value_of(const Instance& instance, const Assignment& assignment) {
  double value = 0;
  for (std::size_t a = 0; a < assignment.size(); ++a) value += instance.apps[a].options[assignment[a]].value;
  return value;
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
