#include "event/frame_score.hpp"

#include <cmath>
#include <limits>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using Scores = std::vector<float>;
using Truth = std::vector<bool>;

TEST(FrameScoreTest, CountsErrorRates) {
  const ErrorRates rates =
      error_rates(Scores{0.9F, 0.6F, 0.5F, 0.4F, 0.1F}, Truth{true, false, true, true, false}, 0.5F);
  EXPECT_DOUBLE_EQ(rates.tpr, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rates.fpr, 1.0 / 2);
  EXPECT_DOUBLE_EQ(error_rates(Scores{0.5F}, Truth{true}, 0.5F).fpr, 0);
  EXPECT_ERROR(usage, error_rates(Scores{0.5F}, Truth{}, 0.5F), "1 scores of 0 labelled frames");
}

TEST(FrameScoreTest, AreaUnderRocIsTheShareOfOrderedPairs) {
  Scores scores;
  Truth truth;
  for (int i = 0; i < 60; ++i) {
    scores.push_back(static_cast<float>(std::lround(5 + 4 * std::sin(i))) / 10);  // many are equal
    truth.push_back(i % 7 == 0 || i % 5 == 0);
  }
  double ordered = 0, pairs = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < 60; ++j) {
      if (!truth[i] || truth[j]) continue;
      ++pairs;
      ordered += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(area_under_roc(scores, truth).value(), ordered / pairs, 1e-12);
  EXPECT_FALSE(area_under_roc(Scores{0.5F, 0.6F}, Truth{true, true}).has_value());
}

TEST(FrameScoreTest, ANanIsBelowEveryThreshold) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Scores scores{nan, 0.9F, nan, 0.1F};
  const Truth truth{true, true, false, false};
  EXPECT_EQ(error_rates(scores, truth, 0).tpr, 0.5);
  // Of the four pairs, 0.9 wins both of its own; the NaN equals one NaN and loses the other pair.
  EXPECT_EQ(area_under_roc(scores, truth), 2.5 / 4);
}

TEST(FrameScoreTest, SkillIsWhatScoresTellBeyondTheShare) {
  ScoreCounts positive{}, negative{};
  EXPECT_FALSE(brier_skill(positive, negative).has_value());
  positive[score_bin(0.9999)] = 10;
  EXPECT_FALSE(brier_skill(positive, negative).has_value());
  negative[score_bin(0.0001)] = 90;
  EXPECT_NEAR(brier_skill(positive, negative).value(), 1, 1e-5);
  // A tenth of the frames is positive, and each score is about a tenth.
  positive = negative = {};
  positive[score_bin(0.1)] = 10;
  negative[score_bin(0.1)] = 90;
  EXPECT_NEAR(brier_skill(positive, negative).value(), 0, 0.01);
  positive = negative = {};
  positive[score_bin(0.9)] = 5;
  positive[score_bin(0.1)] = 5;
  negative[score_bin(0.1)] = 90;
  const double at_high = score_in_bin(score_bin(0.9)), at_low = score_in_bin(score_bin(0.1));
  const double error =
      (5 * (1 - at_high) * (1 - at_high) + 5 * (1 - at_low) * (1 - at_low) + 90 * at_low * at_low) / 100;
  EXPECT_NEAR(brier_skill(positive, negative).value(), 1 - error / (0.1 * 0.9), 1e-12);
}

}  // namespace
}  // namespace mainstream
