#include "train/exits/threshold.hpp"

#include <gtest/gtest.h>

#include <random>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

// Log odds of present and absent frames, in stretches of both; the best threshold is at `best`.
struct ScoredFrames {
  std::vector<double> log_odds;
  std::vector<bool> truth;
};

ScoredFrames draw(double best, double drift_per_fold) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(0, 0.3);
  ScoredFrames frames;
  for (int i = 0; i < 400; ++i) {
    frames.truth.push_back(i % 50 < 20);
    const double drift = drift_per_fold * (i / 50 % 2 == 0 ? 1 : -1);
    frames.log_odds.push_back(best + drift + (frames.truth.back() ? 1 : -1) + noise(random));
  }
  return frames;
}

const std::vector<HeldOut> kFolds = folds_in_time(400, 8, 0);

TEST(MiddleThreshold, LiesBetweenTheKindsAndNearerToEvenOdds) {
  const std::vector<double> log_odds{-3, -1, 2, 4};
  const std::vector<bool> truth{false, false, true, true};
  const double middle = recipe::kPositiveShare * 3 + (1 - recipe::kPositiveShare) * -2;
  EXPECT_NEAR(middle_threshold(log_odds, truth, 0), recipe::kMiddleTrust * middle, 1e-12);
  EXPECT_NEAR(middle_threshold(log_odds, truth, -1), -1 + recipe::kMiddleTrust * (middle + 1), 1e-12);
}

TEST(MiddleThreshold, IsAtEvenOddsWithoutBothKinds) {
  const std::vector<double> log_odds(400, 2);
  EXPECT_EQ(middle_threshold(log_odds, std::vector<bool>(400, true), -0.25), -0.25);
}

TEST(CompromiseThreshold, GoesWhereFramesAgree) {
  const ScoredFrames frames = draw(1.5, 0);
  EXPECT_NEAR(compromise_threshold(frames.log_odds, frames.truth, kFolds), 1.5, 0.4);
}

TEST(CompromiseThreshold, StaysNearEvenOddsWhereFoldsDisagree) {
  const ScoredFrames agreeing = draw(1.5, 0), disagreeing = draw(1.5, 1.5);
  EXPECT_LT(compromise_threshold(disagreeing.log_odds, disagreeing.truth, kFolds),
            compromise_threshold(agreeing.log_odds, agreeing.truth, kFolds));
}

TEST(CompromiseThreshold, IsAtEvenOddsWithoutBothKinds) {
  const std::vector<double> log_odds(400, 2);
  EXPECT_EQ(compromise_threshold(log_odds, std::vector<bool>(400, true), kFolds), 0);
}

}  // namespace
}  // namespace mainstream
