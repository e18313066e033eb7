#include "event/frame_score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

void check(std::span<const float> scores, const std::vector<bool>& truth) {
  if (scores.size() == truth.size()) return;
  throw Error(ErrorKind::usage, fmt::format("{} scores of {} labelled frames", scores.size(), truth.size()));
}

// A NaN in order: below everything else.
float in_order(float score) {
  return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
}

// Frames from the highest score to the lowest.
std::vector<std::size_t> ranked(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return in_order(scores[i]); });
  return order;
}

}  // namespace

ErrorRates error_rates(std::span<const float> scores, const std::vector<bool>& truth, float threshold) {
  check(scores, truth);
  double positives = 0, negatives = 0;
  ErrorRates rates;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const bool answer = scores[i] >= threshold;
    (truth[i] ? positives : negatives) += 1;
    if (answer) (truth[i] ? rates.tpr : rates.fpr) += 1;
  }
  rates.tpr = positives > 0 ? rates.tpr / positives : 0;
  rates.fpr = negatives > 0 ? rates.fpr / negatives : 0;
  return rates;
}

std::optional<double> area_under_roc(std::span<const float> scores, const std::vector<bool>& truth) {
  check(scores, truth);
  std::vector<std::size_t> order = ranked(scores);
  std::ranges::reverse(order);
  const auto positives = static_cast<double>(std::ranges::count(truth, true));
  const double negatives = static_cast<double>(order.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  double rank_sum = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    double hits = 0;
    while (end < order.size() && in_order(scores[order[end]]) == in_order(scores[order[begin]])) {
      hits += truth[order[end++]] ? 1 : 0;
    }
    rank_sum += hits * (static_cast<double>(begin + 1 + end) / 2);
    begin = end;
  }
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

std::optional<double> brier_skill(const ScoreCounts& positive, const ScoreCounts& negative) {
  double squares = 0, positives = 0, negatives = 0;
  for (std::size_t bin = 0; bin < kScoreBins; ++bin) {
    const double score = score_in_bin(bin);
    const auto of_positive = static_cast<double>(positive[bin]),
               of_negative = static_cast<double>(negative[bin]);
    squares += of_positive * (1 - score) * (1 - score) + of_negative * score * score;
    positives += of_positive;
    negatives += of_negative;
  }
  if (positives == 0 || negatives == 0) return std::nullopt;
  return 1 - squares * (positives + negatives) / (positives * negatives);
}

}  // namespace mainstream
