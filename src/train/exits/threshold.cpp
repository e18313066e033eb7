#include "train/exits/threshold.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "train/exits/sigmoid_fit.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

// The highest F1 of frames over all thresholds, where positive ones are this frequent.
double highest_f1(std::span<const double> log_odds, const std::vector<bool>& truth, double frequency) {
  std::vector<std::pair<double, bool>> rows;
  for (std::size_t row = 0; row < log_odds.size(); ++row) rows.emplace_back(log_odds[row], truth[row]);
  std::ranges::sort(rows, std::greater<>());
  const auto positives = static_cast<double>(std::ranges::count(truth, true));
  const double right = frequency / positives;
  const double wrong = (1 - frequency) / (static_cast<double>(rows.size()) - positives);
  double found = 0, reported = 0, best = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    found += rows[row].second ? right : 0;
    reported += rows[row].second ? right : wrong;
    const bool is_last_of_equals = row + 1 == rows.size() || rows[row + 1].first < rows[row].first;
    if (is_last_of_equals) best = std::max(best, 2 * found / (reported + frequency));
  }
  return best;
}

}  // namespace

double middle_threshold(std::span<const double> log_odds, const std::vector<bool>& truth, double even_odds) {
  double sums[2] = {0, 0}, counts[2] = {0, 0};
  for (std::size_t row = 0; row < log_odds.size(); ++row) {
    sums[truth[row] ? 1 : 0] += log_odds[row];
    counts[truth[row] ? 1 : 0] += 1;
  }
  if (counts[0] == 0 || counts[1] == 0) return even_odds;
  const double middle = (sums[0] / counts[0] + sums[1] / counts[1]) / 2;
  return even_odds + recipe::kMiddleTrust * (middle - even_odds);
}

double rare_event_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                            double frequency) {
  const auto positives = std::ranges::count(truth, true);
  if (positives == 0 || positives == std::ssize(truth)) return 0;
  const double share = static_cast<double>(positives) / static_cast<double>(truth.size());
  return log_odds_of(highest_f1(log_odds, truth, frequency) / 2) + log_odds_of(share) -
         log_odds_of(frequency);
}

}  // namespace mainstream
