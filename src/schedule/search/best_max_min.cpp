#include "schedule/search/best_max_min.hpp"

#include <algorithm>

#include "schedule/search/baselines.hpp"
#include "schedule/search/bisection.hpp"
#include "schedule/search/relaxation.hpp"

namespace mainstream {
namespace {

constexpr long kFastNodes = 4'000, kExactNodes = 2'000'000'000;

// The values that the minimum F1 of a schedule can have, ascending: no app can be above its best option, so
// they end at the lowest of these.
std::vector<double> possible_minima(const Instance& instance) {
  double highest = 1;
  std::vector<double> values;
  for (const InstanceApp& app : instance.apps) {
    double best = 0;
    for (const AppOption& option : app.options) {
      best = std::max(best, option.f1);
      values.push_back(option.f1);
    }
    highest = std::min(highest, best);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::upper_bound(values.begin(), values.end(), highest), values.end());
  values.erase(std::unique(values.begin(), values.end(), [](double a, double b) { return b - a < kEqual; }),
               values.end());
  return values;
}

double least_f1(const Instance& instance, const Assignment& assignment) {
  double least = 1;
  for (std::size_t a = 0; a < assignment.size(); ++a) {
    least = std::min(least, instance.apps[a].options[assignment[a]].f1);
  }
  return least;
}

bool is_within_budget(const Instance& instance, const Assignment& assignment) {
  const auto cost = cost_of(instance, assignment);
  return cost && within_budget(*cost, instance.budget);
}

class MinimumSearch {
 public:
  MinimumSearch(const Instance& instance, const MeanSearch& search)
      : instance_(instance), search_(search), minima_(possible_minima(instance)) {}

  BestMaxMin run() {
    const Bisection found =
        bisect(minima_.size(), [this](std::size_t minimum) { return try_minimum(minimum); });
    BestMaxMin result;
    result.mean.proven = found.refuted == 0;  // nothing is within the budget
    if (found.refuted > 0) result.bound = minima_[found.refuted - 1];
    if (found.highest) {
      result.min_f1 = minima_[*found.highest];
      result.proven = found.refuted == *found.highest + 1;
    }
    return result;
  }

 private:
  // Whether a schedule with this minimum is within the budget.
  BisectionTry try_minimum(std::size_t minimum) {
    const CheapestSearch costs(instance_, minima_[minimum] - kEqual);
    PricedSchedule cheapest = costs.improve(start_);
    start_ = cheapest.shapes;
    if (!within_budget(cheapest.cost, instance_.budget)) {
      SearchLimit limit{search_.exact ? kExactNodes : kFastNodes, search_.exact ? search_.stop : nullptr};
      RelaxationProof proof = costs.prove(cheapest, std::move(shares_), limit);
      shares_ = proof.take_shares();
      start_ = proof.best.shapes;
      const bool certain = !limit.reached || -proof.upper > instance_.budget * (1 + kClearlyOver);
      cheapest = std::move(proof.best);
      if (!within_budget(cheapest.cost, instance_.budget)) return {std::nullopt, certain};
    }
    const double least = least_f1(instance_, cheapest.assignment);
    const auto next = std::upper_bound(minima_.begin(), minima_.end(), least);
    return {static_cast<std::size_t>(next - minima_.begin()) - 1};
  }

  const Instance& instance_;
  const MeanSearch& search_;
  std::vector<double> minima_;
  // Starting points for the next search.
  std::vector<StemShape> start_;
  std::vector<CostShares> shares_;
};

// Raises the minimum to what simpler algorithms reach: the heuristic may miss it.
void raise_minimum(const Instance& instance, const MeanSearch& search, BestMaxMin& result) {
  for (const Assignment& start : search.starts) {
    if (is_within_budget(instance, start)) result.min_f1 = std::max(result.min_f1, least_f1(instance, start));
  }
  if (result.proven) return;
  int left = kStopsInPart;
  MeanSearch there;
  there.stop = [&] { return --left < 0 || (search.stop && search.stop()); };
  for (const Part& part : single_branchpoints(instance)) {
    left = kStopsInPart;
    const BestMaxMin best = best_max_min(part.instance, there);
    if (best.mean.best) result.min_f1 = std::max(result.min_f1, best.min_f1);
  }
}

}  // namespace

BestMaxMin best_max_min(const Instance& instance, const MeanSearch& search) {
  BestMaxMin result = MinimumSearch(instance, search).run();
  if (result.mean.proven) return result;  // nothing is within the budget
  if (!search.exact) raise_minimum(instance, search, result);
  const auto part =
      part_of(instance, [&](auto, const auto& option) { return option.f1 >= result.min_f1 - kEqual; });
  MeanSearch rest = search;
  rest.starts.clear();
  for (const Assignment& start : search.starts) {
    if (auto there = part->in_part(start)) rest.starts.push_back(std::move(*there));
  }
  result.mean = best_mean(part->instance, rest);
  result.proven = result.proven && result.mean.proven;
  if (!result.mean.best) return result;
  if (!search.exact) search_baselines(part->instance, search.stop, result.mean);
  result.mean.best->assignment = part->in_whole(std::move(result.mean.best->assignment));
  return result;
}

}  // namespace mainstream
