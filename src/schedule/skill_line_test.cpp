#include "schedule/skill_line.hpp"

#include <gtest/gtest.h>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::Each;

TEST(SkillLineTest, MovesF1ToTheLineOfItsApp) {
  // F1 rises by 0.5 with a skill of 1, apart from chance.
  const std::vector<SkilledTable> tables{{0, 0, 0.2, 0.60, 1}, {0, 1, 0.4, 0.80, 1}, {0, 2, 0.6, 0.80, 1}};
  const std::vector<double> changes = changes_by_skill(tables);
  const double mean = 2.2 / 3;
  EXPECT_NEAR(tables[0].f1 + changes[0], mean - 0.1, 0.001);
  EXPECT_NEAR(tables[1].f1 + changes[1], mean, 0.001);
  EXPECT_NEAR(tables[2].f1 + changes[2], mean + 0.1, 0.001);
}

TEST(SkillLineTest, FewerErrorsMeanSmallerChanges) {
  const auto change = [](double variance) {
    return changes_by_skill(
               {{0, 0, 0.2, 0.6, variance}, {0, 1, 0.4, 0.8, variance}, {0, 2, 0.6, 0.8, variance}})
        .at(1);
  };
  EXPECT_EQ(change(0), 0);
  EXPECT_NEAR(change(0.03 * 0.03), change(1) / 2, 0.001);
}

TEST(SkillLineTest, LeansOnTheMixAndKeepsEachAppsLevel) {
  // Alone, the second app would order its candidates the other way.
  std::vector<SkilledTable> tables{
      {0, 0, 0.2, 0.5, 1}, {0, 1, 0.8, 0.9, 1}, {1, 0, 0.55, 0.4, 1}, {1, 1, 0.45, 0.4, 1}};
  const std::vector<double> changes = changes_by_skill(tables);
  EXPECT_LT(changes[2], changes[3]);
  EXPECT_NEAR(changes[2] + changes[3], 0, 1e-12);
}

TEST(SkillLineTest, ChangesNothingWhereF1DoesNotRiseWithSkill) {
  EXPECT_THAT(changes_by_skill({{0, 0, 0.2, 0.8, 1}, {0, 1, 0.6, 0.6, 1}}), Each(0));
  EXPECT_THAT(changes_by_skill({{0, 0, 0.5, 0.8, 1}, {0, 1, 0.5, 0.6, 1}}), Each(0));
  EXPECT_TRUE(changes_by_skill({}).empty());
}

}  // namespace
}  // namespace mainstream
