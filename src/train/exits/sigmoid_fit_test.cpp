#include "train/exits/sigmoid_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mainstream {
namespace {

struct Scores {
  std::vector<double> scores;
  std::vector<bool> truth;
};

// Drawn from a true sigmoid.
Scores draw(std::size_t count, const Sigmoid& truth) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> score(0, 1);
  std::uniform_real_distribution<double> even(0, 1);
  Scores drawn;
  for (std::size_t i = 0; i < count; ++i) {
    drawn.scores.push_back(score(random));
    drawn.truth.push_back(even(random) < probability_of(truth.log_odds(drawn.scores.back())));
  }
  return drawn;
}

constexpr SigmoidPrior kPrior{{2, 0}, 4, 4};

TEST(SigmoidFit, FindsTheTruthInManyFrames) {
  const Scores drawn = draw(20000, {5, -1.5});
  const Sigmoid fit = fit_sigmoid(drawn.scores, drawn.truth, 20000, kPrior);
  EXPECT_NEAR(fit.slope, 5, 0.2);
  EXPECT_NEAR(fit.offset, -1.5, 0.1);
  double mean = 0, positives = 0;
  for (std::size_t i = 0; i < drawn.scores.size(); ++i) {
    mean += probability_of(fit.log_odds(drawn.scores[i]));
    positives += drawn.truth[i] ? 1 : 0;
  }
  EXPECT_NEAR(mean / positives, 1, 0.01) << "probabilities sum up to what is true";
}

TEST(SigmoidFit, StaysNearThePriorWhereFramesTellLittle) {
  const Scores drawn = draw(20000, {5, -1.5});
  const Sigmoid none = fit_sigmoid(drawn.scores, drawn.truth, 0.01, kPrior);
  EXPECT_NEAR(none.slope, 2, 0.02);
  EXPECT_NEAR(none.offset, 0, 0.02);
  const Sigmoid some = fit_sigmoid(drawn.scores, drawn.truth, 20, kPrior);
  EXPECT_GT(some.slope, 2.1);
  EXPECT_LT(some.slope, 4.5);
  EXPECT_LT(some.offset, -0.1);
  EXPECT_GT(some.offset, -1.2);
}

TEST(SigmoidFit, SlopeStaysPositive) {
  const Scores drawn = draw(2000, {-4, 0});
  const Sigmoid fit = fit_sigmoid(drawn.scores, drawn.truth, 2000, kPrior);
  EXPECT_GT(fit.slope, 0);
}

TEST(SigmoidFit, EndsWhereOneKindIsMissingOrScoresSeparate) {
  const std::vector<double> scores{-2, -1, 1, 2};
  const Sigmoid separated = fit_sigmoid(scores, {false, false, true, true}, 4, kPrior);
  EXPECT_TRUE(std::isfinite(separated.slope));
  const Sigmoid never = fit_sigmoid(scores, {false, false, false, false}, 4, kPrior);
  EXPECT_TRUE(std::isfinite(never.offset));
  EXPECT_LT(never.offset, 0);
}

}  // namespace
}  // namespace mainstream
