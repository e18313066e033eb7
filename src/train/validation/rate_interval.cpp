#include "train/validation/rate_interval.hpp"

#include <algorithm>
#include <cmath>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

struct Cluster {
  double examples = 0, positive = 0;
};

Cluster sum_of(const std::vector<Cluster>& clusters) {
  Cluster sum;
  for (const Cluster& cluster : clusters) {
    sum.examples += cluster.examples;
    sum.positive += cluster.positive;
  }
  return sum;
}

std::vector<Cluster> clusters_of(const std::vector<bool>& answers, const std::vector<bool>& truth, bool kind,
                                 bool by_run) {
  std::vector<Cluster> clusters;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] != kind) continue;
    if (!by_run || i == 0 || truth[i - 1] != kind) clusters.emplace_back();
    ++clusters.back().examples;
    clusters.back().positive += answers[i] ? 1 : 0;
  }
  return clusters;
}

Interval wilson(double rate, double examples) {
  constexpr double kZ = kIntervalErrors, kSquare = kZ * kZ;
  const double centre = (rate + kSquare / (2 * examples)) / (1 + kSquare / examples);
  const double half = kZ / (1 + kSquare / examples) *
                      std::sqrt(rate * (1 - rate) / examples + kSquare / (4 * examples * examples));
  // Exact at the ends, despite rounding.
  return {rate > 0 ? std::max(0.0, centre - half) : 0, rate < 1 ? std::min(1.0, centre + half) : 1};
}

// The effective sample size: the number of independent examples that would make the rate as uncertain as
// these clusters do (the variance of a ratio of sums over clusters).
double effective_examples(const std::vector<Cluster>& clusters, const Cluster& sum) {
  const auto count = static_cast<double>(clusters.size());
  const double most = std::min(sum.examples, recipe::kMostPerRun * count);
  const double least = std::min(most, std::max(1.0, recipe::kLeastPerRun * count));
  const double rate = sum.positive / sum.examples;
  if (clusters.size() < 2) return least;
  double variance = 0;
  for (const Cluster& cluster : clusters)
    variance += std::pow((cluster.positive - rate * cluster.examples) / sum.examples, 2);
  variance *= count / (count - 1);
  return variance > 0 ? std::clamp(rate * (1 - rate) / variance, least, most) : most;
}

}  // namespace

Interval interval_in_time(const std::vector<bool>& answers, const std::vector<bool>& truth, bool kind) {
  const std::vector<Cluster> clusters = clusters_of(answers, truth, kind, true);
  if (clusters.empty()) return {0, 1};
  const Cluster sum = sum_of(clusters);
  const double examples = 1 / (1 / effective_examples(clusters, sum) + recipe::kOtherFrames);
  return wilson(sum.positive / sum.examples, examples);
}

Interval interval_of_pictures(const std::vector<bool>& answers, const std::vector<bool>& truth, bool kind) {
  const Cluster sum = sum_of(clusters_of(answers, truth, kind, false));
  if (sum.examples == 0) return {0, 1};
  return wilson(sum.positive / sum.examples, 1 / (1 / sum.examples + recipe::kOtherPictures));
}

}  // namespace mainstream
