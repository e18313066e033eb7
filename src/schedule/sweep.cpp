#include <array>
#include <cmath>
#include <set>

#include "mainstream/schedule_advice.hpp"

namespace mainstream {
namespace {

constexpr std::array kSwept{Algorithm::optimal,     Algorithm::fast,  Algorithm::greedy,    Algorithm::fixed,
                            Algorithm::max_sharing, Algorithm::apart, Algorithm::no_sharing};
constexpr int kPoints = 25;

class Sweep {
 public:
  Sweep(const OptionsFor& options, const SweepProgress& progress, std::size_t points)
      : options_(options), progress_(progress), all_(points * kSwept.size()) {}

  void add(double at, const Problem& problem) {
    for (const Algorithm algorithm : kSwept) {
      points_.push_back({at, algorithm, solve(problem, options_(algorithm))});
      if (progress_) progress_(points_.size(), all_);
    }
  }

  [[nodiscard]] std::vector<SweepPoint> points() && { return std::move(points_); }

 private:
  const OptionsFor& options_;
  const SweepProgress& progress_;
  std::size_t all_;
  std::vector<SweepPoint> points_;
};

double cost_at(Problem problem, double budget, const SolveOptions& options) {
  problem.budget = budget;
  return solve(problem, options).cost;
}

}  // namespace

std::vector<SweepPoint> sweep_budget(const Problem& problem, const OptionsFor& options,
                                     const SweepProgress& progress) {
  constexpr double kLittle = 1e-9, kEverything = 1e12;
  // An infeasible answer is the cheapest schedule.
  const double cheapest = cost_at(problem, kLittle, options(Algorithm::fast));
  const double most = cost_at(problem, kEverything, options(Algorithm::apart));
  const double low = 0.9 * std::max(cheapest, kLittle), high = std::max(1.1 * most, 2 * low);
  Sweep sweep(options, progress, kPoints);
  for (int i = 0; i < kPoints; ++i) {
    Problem there = problem;
    there.budget = low * std::pow(high / low, static_cast<double>(i) / (kPoints - 1));
    sweep.add(there.budget, there);
  }
  return std::move(sweep).points();
}

std::vector<SweepPoint> sweep_apps(const Problem& problem, const OptionsFor& options,
                                   const SweepProgress& progress) {
  std::set<std::size_t> counts;
  for (int i = 1; i <= kPoints; ++i) {
    counts.insert((problem.apps.size() * static_cast<std::size_t>(i) + kPoints - 1) / kPoints);
  }
  Sweep sweep(options, progress, counts.size());
  for (const std::size_t count : counts) {
    Problem fewer = problem;
    fewer.apps.resize(count);
    sweep.add(static_cast<double>(count), fewer);
  }
  return std::move(sweep).points();
}

}  // namespace mainstream
