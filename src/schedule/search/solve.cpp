// Solves a problem with the algorithm asked for.
#include <algorithm>
#include <cmath>

#include "schedule/evaluation.hpp"
#include "schedule/limits.hpp"
#include "schedule/search/algorithm_options.hpp"
#include "schedule/search/baselines.hpp"
#include "schedule/search/best_max_min.hpp"
#include "schedule/search/greedy.hpp"
#include "schedule/search/relaxation.hpp"
#include "schedule/search/stem_limits.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// What an algorithm found.
struct Found {
  std::optional<Assignment> assignment;
  std::optional<double> bound;  // on the objective
  bool proven = false;
  double price = 0;
};

// Baselines have no bound, or only one on the options that they choose from.
bool is_baseline(Algorithm algorithm) {
  return algorithm == Algorithm::greedy || algorithm == Algorithm::fixed ||
         algorithm == Algorithm::max_sharing || expansion_for(algorithm).alone;
}

class Solver {
 public:
  Solver(const Problem& problem, const SolveOptions& options) : problem_(problem), options_(options) {}

  Schedule run() {
    all_ = expand(problem_, expansion_for(options_.algorithm));
    keep_options_of(options_.algorithm, problem_, all_);
    within_ = all_;
    for (std::size_t a = 0; a < within_.size(); ++a) {
      keep_limits(a, within_[a]);
      if (within_[a].empty()) return nothing(clash_within(problem_.apps[a], all_[a]));
    }
    Schedule schedule = options_.algorithm == Algorithm::fixed ? best_fixed() : solve_for(within_);
    if (schedule.feasible && is_baseline(options_.algorithm)) {
      const double own = schedule.bound.value_or(0);
      schedule.bound = bound_on_all();
      // Without sharing, number types need not fit together, so the bound with sharing may be too low.
      if (expansion_for(options_.algorithm).alone) schedule.bound = std::max(*schedule.bound, own);
      schedule.proven = false;
    }
    return schedule;
  }

 private:
  void keep_limits(std::size_t app, std::vector<AppOption>& options) const {
    std::erase_if(options, [&](const auto& option) { return !within_limits(problem_.apps[app], option); });
  }

  Schedule nothing(std::string reason) const {
    Schedule schedule;
    schedule.budget = problem_.budget;
    schedule.reason = std::move(reason);
    return schedule;
  }

  Schedule solve_for(AppOptions options) const {
    for (auto& of_app : options) drop_dominated_options(of_app);
    const Instance instance = make_instance(problem_, std::move(options));
    const Found found = search(instance);
    if (!found.assignment) return infeasible(instance);
    Schedule schedule = make_schedule(problem_, instance, *found.assignment);
    if (!schedule.feasible) return infeasible(instance);  // greedy ends with the cheapest schedule
    schedule.bound = found.bound;
    schedule.proven = found.proven;
    schedule.price = found.price / static_cast<double>(problem_.apps.size());
    return schedule;
  }

  [[nodiscard]] Found search(const Instance& instance) const {
    const double apps = static_cast<double>(instance.apps.size());
    if (options_.algorithm == Algorithm::greedy) return search_greedy(instance);
    MeanSearch search;
    search.exact = options_.algorithm != Algorithm::fast;
    if (search.exact) search.stop = options_.stop;  // fast algorithms do not ask
    if (auto start = current(instance)) search.starts.push_back(std::move(*start));
    if (options_.current != nullptr) search.price = options_.current->price * apps;
    return options_.objective == Objective::max_min ? search_max_min(instance, std::move(search))
                                                    : search_mean(instance, search);
  }

  // Whether the result must be compared with those of simpler algorithms: a proven one is at least as good.
  [[nodiscard]] bool must_compare(bool proven) const { return !proven && !is_baseline(options_.algorithm); }

  [[nodiscard]] Found search_max_min(const Instance& instance, MeanSearch search) const {
    std::optional<BestMaxMin> best;
    if (search.exact) best = best_max_min(instance, search);
    if (!best || must_compare(best->proven)) {
      search.exact = false;
      if (auto start = greedy_in(instance)) search.starts.push_back(std::move(*start));
      BestMaxMin fast = best_max_min(instance, search);
      if (best) fast.bound = std::min(fast.bound, best->bound);
      if (!best || is_better_max_min(fast, *best)) best = std::move(fast);
    }
    Found found{std::nullopt, best->bound, best->proven, best->mean.price};
    if (best->mean.best) found.assignment = std::move(best->mean.best->assignment);
    return found;
  }

  static bool is_better_max_min(const BestMaxMin& a, const BestMaxMin& b) {
    if (!a.mean.best || !b.mean.best) return a.mean.best.has_value();
    if (std::abs(a.min_f1 - b.min_f1) > kEqual) return a.min_f1 > b.min_f1;
    return is_better(*a.mean.best, *b.mean.best);
  }

  [[nodiscard]] Found search_mean(const Instance& instance, const MeanSearch& search) const {
    BestMean best = best_mean(instance, search);
    if (best.best && must_compare(best.proven) && best.best->value + kEqual < best.bound) {
      if (const auto known = greedy_in(instance)) offer(instance, *known, best.best);
      search_baselines(instance, search.stop, best);
    }
    Found found{std::nullopt, best.bound / static_cast<double>(instance.apps.size()), best.proven,
                best.price};
    if (best.best) found.assignment = std::move(best.best->assignment);
    return found;
  }

  // Greedy ignores number types; nothing when those that it chose do not fit together.
  [[nodiscard]] static Found search_greedy(const Instance& instance) {
    Found found;
    found.assignment = greedy(instance);
    if (found.assignment && !cost_of(instance, *found.assignment)) found.assignment.reset();
    return found;
  }

  // Greedy's schedule as an assignment of an instance that may have more number types than greedy chooses
  // from.
  [[nodiscard]] std::optional<Assignment> greedy_in(const Instance& instance) const {
    if (std::ranges::all_of(problem_.stems, [](const auto& s) { return s.layer_costs.size() == 1; })) {
      return search_greedy(instance).assignment;
    }
    AppOptions options = all_;
    keep_options_of(Algorithm::greedy, problem_, options);
    for (std::size_t a = 0; a < options.size(); ++a) {
      keep_limits(a, options[a]);
      if (options[a].empty()) return std::nullopt;
      drop_dominated_options(options[a]);
    }
    const Instance exact = make_instance(problem_, std::move(options));
    auto assignment = search_greedy(exact).assignment;
    for (std::size_t a = 0; assignment && a < assignment->size(); ++a) {
      const AppOption& wanted = exact.apps[a].options[(*assignment)[a]];
      const auto found = std::ranges::find_if(instance.apps[a].options,
                                              [&](const auto& option) { return dominates(option, wanted); });
      if (found == instance.apps[a].options.end()) return std::nullopt;
      (*assignment)[a] = static_cast<std::size_t>(found - instance.apps[a].options.begin());
    }
    return assignment;
  }

  // The upper bound on the objective with all options that any algorithm may choose from.
  [[nodiscard]] double bound_on_all() const {
    AppOptions options = expand(problem_, {false, expansion_for(options_.algorithm).low_rates});
    for (std::size_t a = 0; a < options.size(); ++a) {
      keep_limits(a, options[a]);
      drop_dominated_options(options[a]);
    }
    const Instance instance = make_instance(problem_, std::move(options));
    MeanSearch search;
    search.exact = false;
    return options_.objective == Objective::max_min
               ? best_max_min(instance, search).bound
               : best_mean(instance, search).bound / static_cast<double>(instance.apps.size());
  }

  // The schedule in force as an assignment; apps that it lacks begin with their cheapest option.
  [[nodiscard]] std::optional<Assignment> current(const Instance& instance) const {
    if (options_.current == nullptr) return std::nullopt;
    Assignment assignment;
    for (std::size_t a = 0; a < instance.apps.size(); ++a) {
      const auto& running = options_.current->apps;
      const auto& options = instance.apps[a].options;
      const auto app = std::ranges::find(running, problem_.apps[a].id, &Schedule::App::id);
      std::optional<std::size_t> option;
      if (app != running.end()) option = find_option(problem_.apps[a], options, app->choice);
      if (!option) {
        const auto cheapest = std::ranges::min_element(options, {}, &AppOption::own_cost);
        option = static_cast<std::size_t>(cheapest - options.begin());
      }
      assignment.push_back(*option);
    }
    return assignment;
  }

  [[nodiscard]] Schedule infeasible(const Instance& instance) const {
    const auto cheapest = cheapest_schedule(instance);
    if (!cheapest) return nothing("the stem number types that the apps need do not fit together");
    Schedule schedule = make_schedule(problem_, instance, cheapest->assignment);
    schedule.feasible = false;
    schedule.reason = clash_with_budget(problem_, all_, cheapest->cost);
    return schedule;
  }

  [[nodiscard]] Schedule best_fixed() const {
    std::optional<Schedule> best;
    for (const int frozen : frozen_counts(within_)) {
      AppOptions options = within_;
      keep_branchpoint(frozen, options);
      Schedule schedule = solve_for(std::move(options));
      if (!best || beats(schedule, *best)) best = std::move(schedule);
    }
    return *best;
  }

  // Whether the best schedule of one branchpoint beats that of another.
  [[nodiscard]] bool beats(const Schedule& a, const Schedule& b) const {
    if (a.feasible != b.feasible) return a.feasible;
    if (!a.feasible) return a.cost < b.cost;
    const auto differ = [](double x, double y) { return std::abs(x - y) > kEqual; };
    if (options_.objective == Objective::max_min && differ(a.min_f1, b.min_f1)) return a.min_f1 > b.min_f1;
    if (differ(a.mean_f1, b.mean_f1)) return a.mean_f1 > b.mean_f1;
    return a.cost < b.cost;
  }

  const Problem& problem_;
  const SolveOptions& options_;
  AppOptions all_, within_;  // what the algorithm may choose from: all, and within the limits
};

}  // namespace

Schedule solve(const Problem& problem, const SolveOptions& options) {
  validate(problem);
  Schedule schedule =
      keep_stem_limits(problem, options, Solver(problem, options).run(),
                       [](const Problem& part, const SolveOptions& how) { return Solver(part, how).run(); });
  schedule.algorithm = options.algorithm;
  schedule.objective = options.objective;
  return schedule;
}

}  // namespace mainstream
