#include "train/validation/assessment.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {

std::vector<float> softmax(std::span<const float> logits) {
  const float highest = *std::ranges::max_element(logits);
  std::vector<float> shares;
  float all = 0;
  for (const float logit : logits) all += shares.emplace_back(std::exp(logit - highest));
  for (float& share : shares) share /= all;
  return shares;
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

std::optional<ScoreTable> score_table(std::span<const float> scores, const std::vector<bool>& truth) {
  ScoreTable table;
  for (std::size_t i = 0; i < scores.size(); ++i)
    ++(truth[i] ? table.positive : table.negative)[score_bin(scores[i])];
  const bool both = table.positive != ScoreCounts{} && table.negative != ScoreCounts{};
  return both ? std::optional(table) : std::nullopt;
}

}  // namespace mainstream
