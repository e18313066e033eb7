#include "train/validation/rate_interval.hpp"

#include <gtest/gtest.h>

#include <random>

namespace mainstream {
namespace {

struct Frames {
  std::vector<bool> answers, truth;
};

// Events and gaps of 20 frames; in each event the share of right answers is another one, 0.8 on average.
Frames draw(std::mt19937_64& random, int events) {
  std::uniform_real_distribution<double> even(0, 1);
  Frames frames;
  for (int run = 0; run < 2 * events; ++run) {
    const double share = run % 2 == 0 ? (even(random) < 0.75 ? 0.95 : 0.35) : 0.1;
    for (int i = 0; i < 20; ++i) {
      frames.truth.push_back(run % 2 == 0);
      frames.answers.push_back(even(random) < share);
    }
  }
  return frames;
}

TEST(RateInterval, HoldsTheTruthWhereFramesOfAnEventAreAlike) {
  std::mt19937_64 random(5);
  int held = 0;
  constexpr int kDraws = 300;
  for (int i = 0; i < kDraws; ++i) {
    const Frames frames = draw(random, 15);
    const auto holds = [](const Interval& interval) { return interval.low <= 0.8 && 0.8 <= interval.high; };
    const Interval interval = interval_in_time(frames.answers, frames.truth, true);
    held += holds(interval) ? 1 : 0;
    const Interval of_pictures = interval_of_pictures(frames.answers, frames.truth, true);
    EXPECT_GT(interval.high - interval.low, of_pictures.high - of_pictures.low);
  }
  EXPECT_GT(held, kDraws * 0.85);
}

TEST(RateInterval, OfPicturesIsWilsonsForFewerPictures) {
  std::vector<bool> truth(100, true), answers(100, false);
  for (std::size_t i = 0; i < 90; ++i) answers[i] = true;
  const Interval interval = interval_of_pictures(answers, truth, true);
  EXPECT_NEAR(interval.low, 0.7824,
              1e-3);  // 90 % of 1 / (1 / 100 + 0.02) = 33.3, z = 1.645, from the formula
  EXPECT_NEAR(interval.high, 0.9575, 1e-3);
  EXPECT_EQ(interval_of_pictures(answers, truth, false), (Interval{0, 1}));
}

TEST(RateInterval, OneEventTellsLittle) {
  const std::vector<bool> truth(100, true), answers(100, true);
  const Interval interval = interval_in_time(answers, truth, true);
  EXPECT_LT(interval.low, 0.6);
  EXPECT_EQ(interval.high, 1);
}

}  // namespace
}  // namespace mainstream
