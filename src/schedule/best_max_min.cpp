#include "schedule/best_max_min.hpp"

#include <algorithm>

#include "schedule/baselines.hpp"
#include "schedule/relaxation.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

constexpr long kFastNodes = 4'000, kExactNodes = 2'000'000'000;

// The f1 that a minimum can have, ascending: up to the best of the app that has the lowest best.
std::vector<double> possible_minima(const Instance& instance) {
  double highest = 1;
  std::vector<double> values;
  for (const InstanceApp& app : instance.apps) {
    double best = 0;
    for (const InstanceOption& option : app.options) {
      best = std::max(best, option.f1);
      values.push_back(option.f1);
    }
    highest = std::min(highest, best);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::upper_bound(values.begin(), values.end(), highest), values.end());
  values.erase(std::unique(values.begin(), values.end(), [](double a, double b) { return b - a < kSame; }),
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

bool is_within(const Instance& instance, const Assignment& assignment) {
  const auto cost = assignment_cost(instance, assignment);
  return cost && within_budget(*cost, instance.budget);
}

class MinimumSearch {
 public:
  MinimumSearch(const Instance& instance, const MeanSearch& search)
      : instance_(instance), search_(search), relaxation_(instance), minima_(possible_minima(instance)) {}

  // Bisects: the lower end is reached by some schedule, the upper one is not.
  BestMaxMin run() {
    BestMaxMin result;
    if (!reach(0)) {
      result.mean.proven = certain_;
      return result;
    }
    std::size_t low = reached_, high = minima_.size();
    std::size_t refuted = high;  // proven to be out of reach
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      if (reach(middle)) {
        low = std::max(middle, reached_);
      } else {
        high = middle;
        if (certain_) refuted = std::min(refuted, middle);
      }
    }
    result.min_f1 = minima_[low];
    result.bound = minima_[refuted - 1];
    result.proven = refuted == low + 1;
    return result;
  }

 private:
  // Whether a schedule with this minimum is within the budget; `certain_` tells whether a no is proven.
  bool reach(std::size_t minimum) {
    relaxation_.require(minima_[minimum] - kSame);
    Priced cheapest = relaxation_.cheapest();
    certain_ = true;
    if (!within_budget(cheapest.cost, instance_.budget)) {
      SearchLimit limit{search_.exact ? kExactNodes : kFastNodes, search_.exact ? search_.stop : nullptr};
      cheapest = relaxation_.prove_cheapest(std::move(cheapest), limit);
      certain_ = !limit.reached || -cheapest.upper > instance_.budget * (1 + 1e-8);
      if (!within_budget(cheapest.cost, instance_.budget)) return false;
    }
    const double least = least_f1(instance_, cheapest.assignment);
    const auto next = std::upper_bound(minima_.begin(), minima_.end(), least);
    reached_ = static_cast<std::size_t>(next - minima_.begin()) - 1;
    return true;
  }

  const Instance& instance_;
  const MeanSearch& search_;
  Relaxation relaxation_;
  std::vector<double> minima_;
  std::size_t reached_ = 0;
  bool certain_ = true;
};

// The heuristic may miss a minimum that simpler algorithms reach.
void raise_minimum(const Instance& instance, const MeanSearch& search, BestMaxMin& result) {
  for (const Assignment& start : search.starts) {
    if (is_within(instance, start)) result.min_f1 = std::max(result.min_f1, least_f1(instance, start));
  }
  if (result.proven) return;
  int left = kPartStops;
  MeanSearch there;
  there.stop = [&left] { return --left < 0; };
  for (const Part& part : single_branchpoints(instance)) {
    left = kPartStops;
    const BestMaxMin best = best_max_min(part.instance, there);
    if (best.mean.best) result.min_f1 = std::max(result.min_f1, best.min_f1);
  }
}

}  // namespace

BestMaxMin best_max_min(const Instance& instance, const MeanSearch& search) {
  BestMaxMin result = MinimumSearch(instance, search).run();
  if (result.bound == 0 && !result.proven && result.mean.proven) return result;
  if (!search.exact) raise_minimum(instance, search, result);
  const auto part =
      part_of(instance, [&](auto, const auto& option) { return option.f1 >= result.min_f1 - kSame; });
  MeanSearch rest = search;
  rest.starts.clear();
  for (const Assignment& start : search.starts) {
    if (auto there = part->in_part(start)) rest.starts.push_back(std::move(*there));
  }
  result.mean = best_mean(part->instance, rest);
  result.proven = result.proven && result.mean.proven;
  if (!result.mean.best) return result;
  if (!search.exact) search_baselines(part->instance, result.mean);
  result.mean.best->assignment = part->in_whole(std::move(result.mean.best->assignment));
  return result;
}

}  // namespace mainstream
