// From a problem to the algorithm that was asked for, and back to a schedule.
#include <algorithm>
#include <cmath>

#include "schedule/answer.hpp"
#include "schedule/baselines.hpp"
#include "schedule/best_max_min.hpp"
#include "schedule/greedy.hpp"
#include "schedule/limits.hpp"
#include "schedule/modes.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

// What an algorithm says, in terms of its instance.
struct Answer {
  std::optional<Assignment> assignment;
  std::optional<double> bound;  // on the objective
  bool proven = false;
  double price = 0;
};

// For comparison: they know no bound, or only one on what they choose from.
bool is_baseline(Algorithm algorithm) {
  return algorithm == Algorithm::greedy || algorithm == Algorithm::fixed ||
         algorithm == Algorithm::max_sharing || expansion_for(algorithm).alone;
}

class Solver {
 public:
  Solver(const Problem& problem, const SolveOptions& options) : problem_(problem), options_(options) {}

  Schedule run() {
    all_ = expand(problem_, expansion_for(options_.algorithm));
    apply_mode(options_.algorithm, problem_, all_);
    within_ = all_;
    for (std::size_t a = 0; a < within_.size(); ++a) {
      keep_limits(a, within_[a]);
      if (within_[a].empty()) return nothing(clash_within(problem_.apps[a], all_[a]));
    }
    Schedule schedule = options_.algorithm == Algorithm::fixed ? best_fixed() : solve_for(within_);
    if (schedule.feasible && is_baseline(options_.algorithm)) {
      const double own = schedule.bound.value_or(0);
      schedule.bound = bound_on_all();
      // Alone, stems may have precisions that cannot go together where they are shared.
      if (expansion_for(options_.algorithm).alone) schedule.bound = std::max(*schedule.bound, own);
      schedule.proven = false;
    }
    return schedule;
  }

 private:
  void keep_limits(std::size_t app, std::vector<InstanceOption>& options) const {
    std::erase_if(options, [&](const auto& option) { return !within_limits(problem_.apps[app], option); });
  }

  Schedule nothing(std::string reason) const {
    Schedule schedule;
    schedule.budget = problem_.budget;
    schedule.reason = std::move(reason);
    return schedule;
  }

  Schedule solve_for(AppOptions options) const {
    for (auto& of_app : options) drop_dominated(of_app);
    const Instance instance = make_instance(problem_, std::move(options));
    const Answer answer = ask(instance);
    if (!answer.assignment) return infeasible(instance);
    Schedule schedule = make_schedule(problem_, instance, *answer.assignment);
    if (!schedule.feasible) return infeasible(instance);  // greedy says the cheapest that it knows
    schedule.bound = answer.bound;
    schedule.proven = answer.proven;
    schedule.price = answer.price / static_cast<double>(problem_.apps.size());
    return schedule;
  }

  [[nodiscard]] Answer ask(const Instance& instance) const {
    const double apps = static_cast<double>(instance.apps.size());
    if (options_.algorithm == Algorithm::greedy) return ask_greedy(instance);
    MeanSearch search;
    search.exact = options_.algorithm != Algorithm::fast;
    search.stop = options_.stop;
    if (auto start = current(instance)) search.starts.push_back(std::move(*start));
    if (options_.current != nullptr) search.price = options_.current->price * apps;
    return options_.objective == Objective::max_min ? ask_max_min(instance, std::move(search))
                                                    : ask_mean(instance, search);
  }

  // Whether the answer is to be as good as those of simpler algorithms, which a proof settles anyway.
  [[nodiscard]] bool must_compare(bool proven) const { return !proven && !is_baseline(options_.algorithm); }

  [[nodiscard]] Answer ask_max_min(const Instance& instance, MeanSearch search) const {
    std::optional<BestMaxMin> best;
    if (search.exact) best = best_max_min(instance, search);
    if (!best || must_compare(best->proven)) {
      search.exact = false;
      if (auto start = greedy_in(instance)) search.starts.push_back(std::move(*start));
      BestMaxMin fast = best_max_min(instance, search);
      if (best) fast.bound = std::min(fast.bound, best->bound);
      if (!best || is_better(fast, *best)) best = std::move(fast);
    }
    Answer answer{std::nullopt, best->bound, best->proven, best->mean.price};
    if (best->mean.best) answer.assignment = std::move(best->mean.best->assignment);
    return answer;
  }

  static bool is_better(const BestMaxMin& a, const BestMaxMin& b) {
    if (!a.mean.best || !b.mean.best) return a.mean.best.has_value();
    if (std::abs(a.min_f1 - b.min_f1) > kSame) return a.min_f1 > b.min_f1;
    return better(*a.mean.best, *b.mean.best);
  }

  [[nodiscard]] Answer ask_mean(const Instance& instance, const MeanSearch& search) const {
    BestMean best = best_mean(instance, search);
    if (best.best && must_compare(best.proven) && best.best->value + kSame < best.bound) {
      if (const auto known = greedy_in(instance)) offer(instance, *known, best);
      search_baselines(instance, best);
    }
    Answer answer{std::nullopt, best.bound / static_cast<double>(instance.apps.size()), best.proven,
                  best.price};
    if (best.best) answer.assignment = std::move(best.best->assignment);
    return answer;
  }

  // Greedy knows no precisions: what cannot go together is no answer.
  [[nodiscard]] static Answer ask_greedy(const Instance& instance) {
    Answer answer;
    answer.assignment = greedy(instance);
    if (answer.assignment && !assignment_cost(instance, *answer.assignment)) answer.assignment.reset();
    return answer;
  }

  // Greedy's answer in terms of an instance that has more precisions.
  [[nodiscard]] std::optional<Assignment> greedy_in(const Instance& instance) const {
    if (std::ranges::all_of(problem_.stems, [](const auto& s) { return s.layer_costs.size() == 1; })) {
      return ask_greedy(instance).assignment;
    }
    AppOptions options = all_;
    apply_mode(Algorithm::greedy, problem_, options);
    for (std::size_t a = 0; a < options.size(); ++a) {
      keep_limits(a, options[a]);
      if (options[a].empty()) return std::nullopt;
      drop_dominated(options[a]);
    }
    const Instance exact = make_instance(problem_, std::move(options));
    auto assignment = ask_greedy(exact).assignment;
    for (std::size_t a = 0; assignment && a < assignment->size(); ++a) {
      const InstanceOption& wanted = exact.apps[a].options[(*assignment)[a]];
      const auto found = std::ranges::find_if(instance.apps[a].options,
                                              [&](const auto& option) { return is_as_good(option, wanted); });
      if (found == instance.apps[a].options.end()) return std::nullopt;
      (*assignment)[a] = static_cast<std::size_t>(found - instance.apps[a].options.begin());
    }
    return assignment;
  }

  // The relaxation's, on the objective over all that any algorithm could choose.
  [[nodiscard]] double bound_on_all() const {
    AppOptions options = expand(problem_, {false, expansion_for(options_.algorithm).low_rates});
    for (std::size_t a = 0; a < options.size(); ++a) {
      keep_limits(a, options[a]);
      drop_dominated(options[a]);
    }
    const Instance instance = make_instance(problem_, std::move(options));
    MeanSearch search;
    search.exact = false;
    return options_.objective == Objective::max_min
               ? best_max_min(instance, search).bound
               : best_mean(instance, search).bound / static_cast<double>(instance.apps.size());
  }

  // The schedule in force in terms of an instance; apps that are new begin with their cheapest option.
  [[nodiscard]] std::optional<Assignment> current(const Instance& instance) const {
    if (options_.current == nullptr) return std::nullopt;
    Assignment assignment;
    for (std::size_t a = 0; a < instance.apps.size(); ++a) {
      const auto& known = options_.current->apps;
      const auto& options = instance.apps[a].options;
      const auto app = std::find_if(known.begin(), known.end(),
                                    [&](const auto& entry) { return entry.id == problem_.apps[a].id; });
      auto option = options.end();
      if (app != known.end()) {
        option = std::find_if(options.begin(), options.end(),
                              [&](const auto& o) { return is_choice(problem_.apps[a], o, app->choice); });
      }
      if (option == options.end()) {
        option = std::min_element(options.begin(), options.end(),
                                  [](const auto& x, const auto& y) { return x.own_cost < y.own_cost; });
      }
      assignment.push_back(static_cast<std::size_t>(option - options.begin()));
    }
    return assignment;
  }

  [[nodiscard]] Schedule infeasible(const Instance& instance) const {
    const auto cheapest = cheapest_schedule(instance);
    if (!cheapest) return nothing("the stem precisions that the apps need cannot go together");
    Schedule schedule = make_schedule(problem_, instance, cheapest->assignment);
    schedule.feasible = false;
    schedule.reason = clash_with_budget(problem_, all_, cheapest->cost);
    return schedule;
  }

  [[nodiscard]] Schedule best_fixed() const {
    std::optional<Schedule> best;
    for (const int frozen : frozen_counts(within_)) {
      AppOptions options = within_;
      fix_branchpoint(frozen, options);
      Schedule schedule = solve_for(std::move(options));
      if (!best || beats(schedule, *best)) best = std::move(schedule);
    }
    return *best;
  }

  // Of two schedules of different branchpoints.
  [[nodiscard]] bool beats(const Schedule& a, const Schedule& b) const {
    if (a.feasible != b.feasible) return a.feasible;
    if (!a.feasible) return a.cost < b.cost;
    const auto differ = [](double x, double y) { return std::abs(x - y) > 1e-9; };
    if (options_.objective == Objective::max_min && differ(a.min_f1, b.min_f1)) return a.min_f1 > b.min_f1;
    if (differ(a.mean_f1, b.mean_f1)) return a.mean_f1 > b.mean_f1;
    return a.cost < b.cost;
  }

  const Problem& problem_;
  const SolveOptions& options_;
  AppOptions all_, within_;  // of each app: by the mode; and within its limits
};

}  // namespace

Schedule solve(const Problem& problem, const SolveOptions& options) {
  validate(problem);
  Schedule schedule = Solver(problem, options).run();
  schedule.algorithm = options.algorithm;
  schedule.objective = options.objective;
  return schedule;
}

}  // namespace mainstream
