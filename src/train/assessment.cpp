#include "train/assessment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mainstream {
namespace {

// Example indices from the highest score to the lowest.
std::vector<std::size_t> ranked(const Scored& scored) {
  std::vector<std::size_t> order(scored.scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return scored.scores[i]; });
  return order;
}

// tpr - fpr when exactly the examples with a score at or above `threshold` are positive.
struct Point {
  float threshold = 0;
  double gain = 0;
};

std::vector<Point> points_of(const Scored& scored) {
  const std::vector<std::size_t> order = ranked(scored);
  const auto positives = static_cast<double>(std::ranges::count(scored.truth, true));
  const double negatives = static_cast<double>(order.size()) - positives;
  std::vector<Point> points;
  double hits = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    hits += scored.truth[order[i]] ? 1 : 0;
    const float score = scored.scores[order[i]];
    if (i + 1 < order.size() && scored.scores[order[i + 1]] == score) continue;
    points.push_back({score, hits / positives - (static_cast<double>(i + 1) - hits) / negatives});
  }
  return points;
}

}  // namespace

std::vector<float> softmax(std::span<const float> logits) {
  const float highest = *std::ranges::max_element(logits);
  std::vector<float> shares;
  float all = 0;
  for (const float logit : logits) all += shares.emplace_back(std::exp(logit - highest));
  for (float& share : shares) share /= all;
  return shares;
}

ErrorRates error_rates(const Scored& scored, float threshold) {
  double positives = 0, negatives = 0;
  ErrorRates rates;
  for (std::size_t i = 0; i < scored.scores.size(); ++i) {
    const bool answer = scored.scores[i] >= threshold;
    (scored.truth[i] ? positives : negatives) += 1;
    if (answer) (scored.truth[i] ? rates.tpr : rates.fpr) += 1;
  }
  rates.tpr = positives > 0 ? rates.tpr / positives : 0;
  rates.fpr = negatives > 0 ? rates.fpr / negatives : 0;
  return rates;
}

float choose_threshold(const Scored& scored) {
  const auto positives = std::ranges::count(scored.truth, true);
  if (positives == 0 || positives == std::ssize(scored.truth)) return 0.5F;
  const std::vector<Point> points = points_of(scored);
  const auto best = std::ranges::max_element(points, {}, &Point::gain);
  constexpr double kNearly = 0.02;
  auto high = best, low = best;
  while (high != points.begin() && std::prev(high)->gain >= best->gain - kNearly) --high;
  while (std::next(low) != points.end() && std::next(low)->gain >= best->gain - kNearly) ++low;
  return (high->threshold + low->threshold) / 2;
}

std::optional<double> area_under_roc(const Scored& scored) {
  std::vector<std::size_t> order = ranked(scored);
  std::ranges::reverse(order);
  const auto positives = static_cast<double>(std::ranges::count(scored.truth, true));
  const double negatives = static_cast<double>(order.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  double rank_sum = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    double hits = 0;
    while (end < order.size() && scored.scores[order[end]] == scored.scores[order[begin]]) {
      hits += scored.truth[order[end++]] ? 1 : 0;
    }
    rank_sum += hits * (static_cast<double>(begin + 1 + end) / 2);
    begin = end;
  }
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double top1(std::span<const float> probabilities, std::span<const int> labels, int classes) {
  if (labels.empty()) return 0;
  double right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row =
        probabilities.subspan(i * static_cast<std::size_t>(classes), static_cast<std::size_t>(classes));
    right += std::ranges::max_element(row) - row.begin() == labels[i] ? 1 : 0;
  }
  return right / static_cast<double>(labels.size());
}

}  // namespace mainstream
