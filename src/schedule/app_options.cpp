#include "schedule/app_options.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "schedule/candidate_quality.hpp"

namespace mainstream {
namespace {

// after[k]: cost of one frame through layer k and all later ones.
std::vector<double> costs_from_layer(const std::vector<double>& layer_costs) {
  std::vector<double> after(layer_costs.size() + 1, 0.0);
  for (std::size_t k = layer_costs.size(); k-- > 0;) after[k] = after[k + 1] + layer_costs[k];
  return after;
}

// Without sharing, one frame per second for every app may already exceed the budget.
std::vector<double> rates_of(const Problem::Stem& stem, bool low_rates) {
  std::vector<double> rates = stem.fps_options;
  if (!low_rates || !stem.low_rates_alone) return rates;
  for (const double rate : {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}) {
    if (rate <= stem.stream_fps) rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

// Makes the options of one stem's apps.
class Expander {
 public:
  Expander(const Problem::Stem& stem, const Expansion& how)
      : alone_(how.alone), rates_(rates_of(stem, how.low_rates)) {
    for (const Problem::LayerCosts& layers : stem.layer_costs)
      after_.push_back(costs_from_layer(layers.costs));
  }

  // `value_of_f1`: what an F1 of 1 is worth for this app.
  [[nodiscard]] std::vector<AppOption> options(const Problem::App& app, double value_of_f1) const {
    std::vector<AppOption> options;
    for (std::size_t i = 0; i < app.options.size(); ++i) {
      const Problem::Option& given = app.options[i];
      AppOption& option = add(options, given, i, given.fps);
      option.votes = given.votes;
      option.f1 = given.f1;
      option.value = value_of_f1 * given.f1;
      option.recall = given.recall.value_or(AppOption::kUnknown);
      option.precision = given.precision.value_or(AppOption::kUnknown);
    }
    const std::vector<Problem::Candidate> candidates = corrected_candidates(app.candidates);
    options.reserve(options.size() + candidates.size() * rates_.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      for (const double fps : rates_) {
        const VotedQuality found = candidate_quality(app.events, candidates[i], fps);
        AppOption& option = add(options, candidates[i], i, fps);
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
  AppOption& add(std::vector<AppOption>& options, const Point& point, std::size_t entry, double fps) const {
    AppOption& option = options.emplace_back();
    option.entry = static_cast<std::uint32_t>(entry);
    option.frozen = point.frozen;
    option.shared = alone_ ? 0 : point.frozen;
    option.fps = fps;
    option.stem_type = point.stem_type;
    option.tail_type = point.tail_type;
    const std::vector<double>& after = after_[static_cast<std::size_t>(point.tail_type)];
    const double tail =
        point.own_cost.value_or(after[static_cast<std::size_t>(point.frozen)] + point.head_cost);
    option.own_cost = fps * (tail + (alone_ ? stem_cost(point.frozen, point.stem_type) : 0));
    return option;
  }

  // The cost of one frame through all layers before a branchpoint, in this number type or a more exact one
  // where that is cheaper.
  [[nodiscard]] double stem_cost(int frozen, int type) const {
    double least = std::numeric_limits<double>::infinity();
    for (int t = 0; t <= type; ++t) {
      const std::vector<double>& after = after_[static_cast<std::size_t>(t)];
      least = std::min(least, after.front() - after[static_cast<std::size_t>(frozen)]);
    }
    return least;
  }

  bool alone_;
  std::vector<double> rates_;
  std::vector<std::vector<double>> after_;  // by number type
};

// The branchpoint and number type that an option asks of the stem; the number type says nothing where nothing
// is shared.
std::pair<int, int> branchpoint_of(const AppOption& option) {
  return {option.shared, option.shared == 0 ? 0 : option.stem_type};
}

double stem_rate(const AppOption& option) {
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

bool dominates(const AppOption& option, const AppOption& other) {
  return branchpoint_of(option) == branchpoint_of(other) && stem_rate(option) <= stem_rate(other) &&
         option.own_cost <= other.own_cost && option.f1 >= other.f1;
}

void drop_dominated_options(std::vector<AppOption>& options) {
  const auto key = [](const AppOption& o) {
    return std::tuple(branchpoint_of(o), stem_rate(o), o.own_cost, -o.f1);
  };
  const auto before = [&](auto a, auto b) { return key(options[a]) < key(options[b]); };
  std::vector<std::uint32_t> order(options.size());
  std::iota(order.begin(), order.end(), 0U);
  if (!std::ranges::is_sorted(order, before)) std::ranges::stable_sort(order, before);
  std::vector<AppOption> kept;
  kept.reserve(options.size());
  for (const std::uint32_t o : order) {
    const AppOption& option = options[o];
    const auto branchpoint = branchpoint_of(option);
    bool needed = true;
    for (auto other = kept.rbegin(); needed && other != kept.rend() && branchpoint_of(*other) == branchpoint;
         ++other) {
      needed = !dominates(*other, option);
    }
    if (needed) kept.push_back(option);
  }
  options = std::move(kept);
}

std::string candidate_of(const Problem::App& app, const AppOption& option) {
  return app.options.empty() ? candidate_id(app.candidates[option.entry])
                             : candidate_id(app.options[option.entry]);
}

Choice choice_of(const Problem::App& app, const AppOption& option) {
  return {candidate_of(app, option), option.frozen,   option.fps, option.votes,
          option.stem_type,          option.tail_type};
}

std::optional<std::size_t> find_option(const Problem::App& app, const std::vector<AppOption>& options,
                                       const Choice& choice) {
  const std::string candidate = choice.candidate.empty() ? std::to_string(choice.frozen) : choice.candidate;
  const auto found = std::ranges::find_if(options, [&](const AppOption& option) {
    return option.fps == choice.fps && option.stem_type == choice.stem_type &&
           option.tail_type == choice.tail_type && (choice.votes == 0 || option.votes == choice.votes) &&
           candidate_of(app, option) == candidate;
  });
  if (found == options.end()) return std::nullopt;
  return static_cast<std::size_t>(found - options.begin());
}

}  // namespace mainstream
