#include "train/exits/linear_exit.hpp"

#include <algorithm>
#include <numeric>

#include "graph/exit.hpp"
#include "train/exits/level_features.hpp"

namespace mainstream {

double LinearValue::of(std::span<const std::span<const float>> features, const ExitReads& reads) const {
  double value = offset;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    const std::span<const float> read = features[reads[i]];
    value += std::inner_product(read.begin(), read.end(), weights[i].begin(), 0.0);
  }
  return value;
}

void LinearValue::scale(double by) {
  for (std::vector<float>& of_level : weights) {
    for (float& weight : of_level) weight = static_cast<float>(weight * by);
  }
  offset *= by;
}

void LinearValue::add(const LinearValue& other, double by) {
  for (std::size_t level = 0; level < weights.size(); ++level) {
    std::ranges::transform(weights[level], other.weights[level], weights[level].begin(),
                           [by](float own, float added) { return own + static_cast<float>(by * added); });
  }
  offset += by * other.offset;
}

std::vector<LinearValue> scaled(std::span<const LinearValue> scores, const MatrixScaling& scaling) {
  std::vector<LinearValue> logits;
  for (std::size_t to = 0; to < scores.size(); ++to) {
    LinearValue& logit = logits.emplace_back(scores[0]);
    logit.scale(scaling.weights(0, to));
    for (std::size_t from = 1; from < scores.size(); ++from)
      logit.add(scores[from], scaling.weights(from, to));
    logit.offset += scaling.offset[to];
  }
  return logits;
}

Graph exit_of(std::span<const ExitLevel> levels, const ExitReads& reads,
              std::span<const LinearValue> values) {
  const auto classes = static_cast<std::int64_t>(values.size());
  std::vector<ExitLevel> read_levels;
  for (std::size_t i = 0; i < reads.size(); ++i) {
    ExitLevel& level = read_levels.emplace_back(levels[reads[i]]);
    std::vector<float> weights;
    for (const LinearValue& value : values)
      weights.insert(weights.end(), value.weights[i].begin(), value.weights[i].end());
    level.weights =
        make_tensor({classes, static_cast<std::int64_t>(feature_count(level))}, std::move(weights));
  }
  std::vector<float> bias;
  for (const LinearValue& value : values) bias.push_back(static_cast<float>(value.offset));
  return exit_graph(read_levels, make_tensor({classes}, std::move(bias)));
}

std::vector<LinearValue> logits_of_log_odds(const LinearValue& log_odds) {
  std::vector<LinearValue> logits{log_odds, log_odds};
  logits[0].scale(-0.5);
  logits[1].scale(0.5);
  return logits;
}

}  // namespace mainstream
