#include "train/exits/sigmoid_fit.hpp"

#include <algorithm>
#include <cmath>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

constexpr double kLeastSlope = 0.05;  // share of the expected slope

// The loss and its derivatives at a point. The loss is convex, so Newton's method with halved steps finds the
// minimum.
struct LossAt {
  double loss = 0;
  double by_slope = 0, by_offset = 0;                           // first derivatives
  double slope_slope = 0, slope_offset = 0, offset_offset = 0;  // second
};

class Logistic {
 public:
  Logistic(std::span<const double> scores, const std::vector<bool>& truth, double weight,
           const SigmoidPrior& prior)
      : scores_(scores), truth_(truth), weight_(weight), prior_(prior) {}

  [[nodiscard]] LossAt at(const Sigmoid& place) const {
    LossAt at;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      const double z = place.log_odds(scores_[i]), p = probability_of(z);
      const double miss = weight_ * (p - (truth_[i] ? 1 : 0)), curve = weight_ * p * (1 - p);
      at.loss += weight_ * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - (truth_[i] ? z : 0));
      at.by_slope += miss * scores_[i];
      at.by_offset += miss;
      at.slope_slope += curve * scores_[i] * scores_[i];
      at.slope_offset += curve * scores_[i];
      at.offset_offset += curve;
    }
    const double slope_penalty = prior_.slope_trust / (prior_.expected.slope * prior_.expected.slope);
    const double slope_off = place.slope - prior_.expected.slope;
    const double offset_off = place.offset - prior_.expected.offset;
    at.loss +=
        0.5 * slope_penalty * slope_off * slope_off + 0.5 * prior_.offset_trust * offset_off * offset_off;
    at.by_slope += slope_penalty * slope_off;
    at.by_offset += prior_.offset_trust * offset_off;
    at.slope_slope += slope_penalty;
    at.offset_offset += prior_.offset_trust;
    return at;
  }

 private:
  std::span<const double> scores_;
  const std::vector<bool>& truth_;
  const double weight_;
  const SigmoidPrior& prior_;
};

}  // namespace

double probability_of(double log_odds) {
  return log_odds >= 0 ? 1 / (1 + std::exp(-log_odds)) : std::exp(log_odds) / (1 + std::exp(log_odds));
}

double log_odds_of(double probability) {
  constexpr double kCertain = 1e-6;
  const double p = std::clamp(probability, kCertain, 1 - kCertain);
  return std::log(p / (1 - p));
}

Sigmoid fit_sigmoid(std::span<const double> scores, const std::vector<bool>& truth, double effective_frames,
                    const SigmoidPrior& prior) {
  const double frames = static_cast<double>(scores.size());
  const Logistic logistic(scores, truth, std::min(1.0, effective_frames / frames), prior);
  Sigmoid sigmoid = prior.expected;
  constexpr int kSteps = 100;
  constexpr double kDone = 1e-10;
  LossAt at = logistic.at(sigmoid);
  for (int step = 0; step < kSteps; ++step) {
    const double determinant = at.slope_slope * at.offset_offset - at.slope_offset * at.slope_offset;
    if (!(determinant > 0)) break;
    const double slope = (at.offset_offset * at.by_slope - at.slope_offset * at.by_offset) / determinant;
    const double offset = (at.slope_slope * at.by_offset - at.slope_offset * at.by_slope) / determinant;
    double share = 1;
    LossAt next = logistic.at({sigmoid.slope - slope, sigmoid.offset - offset});
    while (next.loss > at.loss && share > kDone) {
      share /= 2;
      next = logistic.at({sigmoid.slope - share * slope, sigmoid.offset - share * offset});
    }
    if (!(next.loss < at.loss)) break;
    const bool done = at.loss - next.loss < kDone;
    sigmoid = {sigmoid.slope - share * slope, sigmoid.offset - share * offset};
    at = next;
    if (done) break;
  }
  sigmoid.slope = std::max(sigmoid.slope, kLeastSlope * prior.expected.slope);
  return sigmoid;
}

Sigmoid fit_sigmoid_in_time(std::span<const double> scores, const std::vector<bool>& truth,
                            const Sigmoid& expected) {
  double runs = 1;
  for (std::size_t i = 1; i < truth.size(); ++i) runs += truth[i] != truth[i - 1] ? 1 : 0;
  return fit_sigmoid(scores, truth, runs * recipe::kFramesPerRun,
                     {expected, recipe::kSlopeTrust, recipe::kOffsetTrust});
}

}  // namespace mainstream
