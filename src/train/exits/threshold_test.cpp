#include "train/exits/threshold.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

TEST(MiddleThreshold, LiesBetweenTheKindsAndNearerToEvenOdds) {
  const std::vector<double> log_odds{-3, -1, 2, 4};
  const std::vector<bool> truth{false, false, true, true};
  EXPECT_NEAR(middle_threshold(log_odds, truth, 0), recipe::kMiddleTrust * 0.5, 1e-12);
  EXPECT_NEAR(middle_threshold(log_odds, truth, -1), -1 + recipe::kMiddleTrust * 1.5, 1e-12);
}

TEST(MiddleThreshold, IsAtEvenOddsWithoutBothKinds) {
  const std::vector<double> log_odds(400, 2);
  EXPECT_EQ(middle_threshold(log_odds, std::vector<bool>(400, true), -0.25), -0.25);
}

// Pictures whose log odds hold, `positives` of `rows` being positive: normal with means of -1 and 1 around
// the prior's, and a variance of 2, have log odds of exactly that.
struct ScoredPictures {
  std::vector<double> log_odds;
  std::vector<bool> truth;
};

ScoredPictures draw(int rows, double share, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution positive(share);
  std::normal_distribution<double> noise(0, std::sqrt(2.0));
  ScoredPictures pictures;
  for (int i = 0; i < rows; ++i) {
    pictures.truth.push_back(positive(random));
    pictures.log_odds.push_back(std::log(share / (1 - share)) + (pictures.truth.back() ? 1 : -1) +
                                noise(random));
  }
  return pictures;
}

double f1_at(const ScoredPictures& pictures, double threshold) {
  double found = 0, reported = 0, positives = 0;
  for (std::size_t i = 0; i < pictures.truth.size(); ++i) {
    const bool is_reported = pictures.log_odds[i] >= threshold;
    reported += is_reported ? 1 : 0;
    positives += pictures.truth[i] ? 1 : 0;
    found += is_reported && pictures.truth[i] ? 1 : 0;
  }
  return 2 * found / (reported + positives);
}

// Log odds learned from half positive pictures, on a stream with a twentieth.
TEST(RareEventThreshold, IsWhereTheStreamsF1IsHighest) {
  const double shift = std::log(0.5 / 0.5) - std::log(0.05 / 0.95);
  const ScoredPictures stream = draw(100'000, 0.05, 1);
  double best = 0;
  for (double threshold = -4; threshold < 2; threshold += 0.05)
    best = std::max(best, f1_at(stream, threshold));
  double mean = 0;
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    const ScoredPictures few = draw(300, 0.5, seed);
    mean += f1_at(stream, rare_event_threshold(few.log_odds, few.truth, 0.05) - shift) / 10;
  }
  EXPECT_GT(mean, best - 0.01);
}

TEST(RareEventThreshold, RisesAsEventsBecomeRarer) {
  const ScoredPictures pictures = draw(300, 0.5, 3);
  double before = -10;
  for (const double frequency : {0.5, 0.1, 0.01, 0.001}) {
    const double threshold = rare_event_threshold(pictures.log_odds, pictures.truth, frequency);
    EXPECT_GT(threshold, before) << frequency;
    before = threshold;
  }
}

TEST(RareEventThreshold, IsAtEvenOddsForPerfectScoresOfEventsAsFrequentAsPictures) {
  EXPECT_NEAR(rare_event_threshold(std::vector<double>{-5, 5}, {false, true}, 0.5), 0, 1e-9);
}

TEST(RareEventThreshold, IsAtEvenOddsWithoutBothKinds) {
  EXPECT_EQ(rare_event_threshold(std::vector<double>(400, 2), std::vector<bool>(400, true), 0.1), 0);
}

}  // namespace
}  // namespace mainstream
