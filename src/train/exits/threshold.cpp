#include "train/exits/threshold.hpp"

#include <algorithm>

#include "event/frame_score.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

// Nothing where one kind of frame is missing.
bool best_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                    std::span<const std::size_t> without, double& threshold) {
  std::vector<float> scores;
  std::vector<bool> kept;
  auto skip = without.begin();
  for (std::size_t row = 0; row < log_odds.size(); ++row) {
    if (skip != without.end() && *skip == row) {
      ++skip;
      continue;
    }
    scores.push_back(static_cast<float>(log_odds[row]));
    kept.push_back(truth[row]);
  }
  const auto positives = std::count(kept.begin(), kept.end(), true);
  if (positives == 0 || positives == std::ssize(kept)) return false;
  threshold = choose_threshold(scores, kept);
  return true;
}

}  // namespace

double middle_threshold(std::span<const double> log_odds, const std::vector<bool>& truth, double even_odds) {
  double sums[2] = {0, 0}, counts[2] = {0, 0};
  for (std::size_t row = 0; row < log_odds.size(); ++row) {
    sums[truth[row] ? 1 : 0] += log_odds[row];
    counts[truth[row] ? 1 : 0] += 1;
  }
  if (counts[0] == 0 || counts[1] == 0) return even_odds;
  const double middle =
      recipe::kPositiveShare * sums[1] / counts[1] + (1 - recipe::kPositiveShare) * sums[0] / counts[0];
  return even_odds + recipe::kMiddleTrust * (middle - even_odds);
}

double compromise_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                            std::span<const HeldOut> folds) {
  double best = 0;
  if (!best_threshold(log_odds, truth, {}, best)) return 0;
  std::vector<double> without;
  for (const HeldOut& fold : folds) {
    double threshold = 0;
    if (best_threshold(log_odds, truth, fold.scored, threshold)) without.push_back(threshold);
  }
  if (without.size() < 2) return 0;
  const auto count = static_cast<double>(without.size());
  double mean = 0, variance = 0;
  for (const double threshold : without) mean += threshold / count;
  for (const double threshold : without)
    variance += (threshold - mean) * (threshold - mean) * (count - 1) / count;
  constexpr double kExpected = recipe::kThresholdSpread * recipe::kThresholdSpread;
  return best * kExpected / (kExpected + variance);
}

}  // namespace mainstream
