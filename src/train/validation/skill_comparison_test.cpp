#include "train/validation/skill_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mainstream {
namespace {

TEST(SkillComparison, IsOneForTheTruthAndZeroForTheShares) {
  SkillComparison comparison({0, 1, 1, 1}, {0, 1, 2, 3}, 2);
  comparison.add(std::vector<float>{1, 0, 0, 1, 0, 1, 0, 1});
  comparison.add(std::vector<float>{0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75});
  EXPECT_DOUBLE_EQ(comparison.skill(0), 1);
  EXPECT_DOUBLE_EQ(comparison.skill(1), 0);
}

// Against the textbook: the standard error of a mean of paired differences.
TEST(SkillComparison, ErrorIsThatOfPairedDifferences) {
  SkillComparison comparison({0, 0, 1, 1}, {0, 1, 2, 3}, 2);
  comparison.add(std::vector<float>{1, 0, 1, 0, 0, 1, 0, 1});
  comparison.add(std::vector<float>{1, 0, 0, 1, 0, 1, 0, 1});  // wrong about the second: an error of 2
  const double base = 4 * 0.5;                                 // of answers of a half
  EXPECT_NEAR(comparison.skill(0) - comparison.skill(1), 2 / base, 1e-9);
  EXPECT_NEAR(comparison.difference_error(0, 1), std::sqrt(3 * 0.5 * 0.5 + 1.5 * 1.5) / base, 1e-9);
  EXPECT_EQ(comparison.difference_error(1, 1), 0);
}

TEST(SkillComparison, ViewsOfOnePictureAreOneObservation) {
  const std::vector<float> right{1, 0, 1, 0, 0, 1, 0, 1}, wrong{0, 1, 0, 1, 0, 1, 0, 1};
  SkillComparison four({0, 0, 1, 1}, {0, 1, 2, 3}, 2), three({0, 0, 1, 1}, {5, 5, 2, 3}, 2);
  for (SkillComparison* comparison : {&four, &three}) {
    comparison->add(right);
    comparison->add(wrong);
  }
  EXPECT_GT(three.difference_error(0, 1), 1.2 * four.difference_error(0, 1));
}

TEST(SkillComparison, PicturesOfOneClassHaveAScaleToo) {
  SkillComparison comparison({1, 1}, {0, 1}, 2);
  comparison.add(std::vector<float>{0, 1, 0.5, 0.5});
  EXPECT_DOUBLE_EQ(comparison.skill(0), 0.5);
}

}  // namespace
}  // namespace mainstream
