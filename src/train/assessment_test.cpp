#include "train/assessment.hpp"

#include <cmath>

#include "core/testing.hpp"

namespace mainstream {
namespace {

TEST(Assessment, CountsErrorRates) {
  const Scored scored{{0.9F, 0.6F, 0.5F, 0.4F, 0.1F}, {true, false, true, true, false}};
  const ErrorRates rates = error_rates(scored, 0.5F);
  EXPECT_DOUBLE_EQ(rates.tpr, 2.0 / 3);
  EXPECT_DOUBLE_EQ(rates.fpr, 1.0 / 2);
  EXPECT_DOUBLE_EQ(error_rates({{0.5F}, {true}}, 0.5F).fpr, 0);
}

TEST(Assessment, AreaUnderRocIsTheShareOfOrderedPairs) {
  Scored scored;
  for (int i = 0; i < 60; ++i) {
    scored.scores.push_back(static_cast<float>(std::lround(5 + 4 * std::sin(i))) / 10);  // many are equal
    scored.truth.push_back(i % 7 == 0 || i % 5 == 0);
  }
  double ordered = 0, pairs = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < 60; ++j) {
      if (!scored.truth[i] || scored.truth[j]) continue;
      ++pairs;
      ordered += scored.scores[i] > scored.scores[j] ? 1 : scored.scores[i] == scored.scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(area_under_roc(scored).value(), ordered / pairs, 1e-12);
  EXPECT_FALSE(area_under_roc({{0.5F, 0.6F}, {true, true}}).has_value());
}

TEST(Assessment, ChoosesTheThresholdWithTheBestF1) {
  // At 0.6: three of four positives and one false one, F1 0.75; everything else is worse.
  const Scored scored{{0.9F, 0.8F, 0.7F, 0.6F, 0.5F, 0.4F, 0.3F, 0.2F, 0.1F},
                      {true, true, false, true, false, false, false, true, false}};
  EXPECT_FLOAT_EQ(choose_threshold(scored), 0.6F);
  // Where several are as good, the middle.
  EXPECT_EQ(error_rates({{0.9F, 0.1F}, {true, false}}, choose_threshold({{0.9F, 0.1F}, {true, false}})).fpr,
            0);
  EXPECT_FLOAT_EQ(choose_threshold({{0.9F, 0.1F}, {false, false}}), 0.5F);
}

TEST(Assessment, CountsRightClasses) {
  const std::vector<float> probabilities = {0.2F, 0.5F, 0.3F, 0.6F, 0.2F, 0.2F};
  EXPECT_DOUBLE_EQ(top1(probabilities, std::vector<int>{1, 2}, 3), 0.5);
}

}  // namespace
}  // namespace mainstream
