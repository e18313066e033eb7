#include "train/picture_calibration.hpp"

#include <algorithm>
#include <cmath>

#include "train/exits/sigmoid_fit.hpp"
#include "train/exits/threshold.hpp"
#include "train/picture_candidate.hpp"
#include "train/validation/assessment.hpp"

namespace mainstream {
namespace {

double cross_entropy(std::span<const float> probabilities, std::span<const int> labels) {
  constexpr float kLeast = 1e-12F;
  double loss = 0;
  const std::size_t classes = probabilities.size() / labels.size();
  for (std::size_t row = 0; row < labels.size(); ++row)
    loss -= std::log(std::max(kLeast, probabilities[row * classes + static_cast<std::size_t>(labels[row])]));
  return loss;
}

}  // namespace

std::vector<float> probabilities_of(std::span<const float> logits, std::size_t classes, double slope) {
  std::vector<float> probabilities, scaled(classes);
  for (std::size_t begin = 0; begin < logits.size(); begin += classes) {
    for (std::size_t i = 0; i < classes; ++i) scaled[i] = static_cast<float>(slope * logits[begin + i]);
    const std::vector<float> row = softmax(scaled);
    probabilities.insert(probabilities.end(), row.begin(), row.end());
  }
  return probabilities;
}

// By golden section over its logarithm: the loss has one minimum.
double fit_slope(std::span<const float> logits, std::span<const int> labels, std::size_t classes) {
  const double golden = (std::sqrt(5) - 1) / 2;
  const auto loss = [&](double log_slope) {
    return cross_entropy(probabilities_of(logits, classes, std::exp(log_slope)), labels);
  };
  constexpr int kSteps = 30;
  double low = std::log(0.1), high = std::log(100);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = loss(a), at_b = loss(b);
  for (int step = 0; step < kSteps; ++step) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = loss(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = loss(b);
    }
  }
  return std::exp((low + high) / 2);
}

float picture_threshold(std::span<const float> probabilities, std::span<const int> labels,
                        std::size_t classes, const PictureEvents& events) {
  const ScoredPictures scored = score_pictures(probabilities, labels, classes, events.positive);
  std::vector<double> log_odds;
  for (const float score : scored.scores) log_odds.push_back(log_odds_of(score));
  return static_cast<float>(probability_of(rare_event_threshold(log_odds, scored.truth, events.frequency)));
}

}  // namespace mainstream
