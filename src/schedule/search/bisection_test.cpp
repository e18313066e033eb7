#include "schedule/search/bisection.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace mainstream {
namespace {

// Answers tries of given indices alone.
class Answers {
 public:
  explicit Answers(std::map<std::size_t, BisectionTry> answers) : answers_(std::move(answers)) {}

  BisectionTry operator()(std::size_t index) const {
    const auto answer = answers_.find(index);
    if (answer != answers_.end()) return answer->second;
    ADD_FAILURE() << "unexpected try of " << index;
    return {};
  }

 private:
  std::map<std::size_t, BisectionTry> answers_;
};

constexpr BisectionTry kNo{std::nullopt, true}, kUnprovenNo{std::nullopt, false};

TEST(BisectionTest, TheHighestIsFoundAndTheNextOneRefuted) {
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t highest = 0; highest < size; ++highest) {
      const Bisection found = bisect(size, [&](std::size_t index) {
        EXPECT_LT(index, size);
        return index <= highest ? BisectionTry{index} : kNo;
      });
      EXPECT_EQ(found.highest, highest);
      EXPECT_EQ(found.refuted, highest + 1);
    }
  }
}

TEST(BisectionTest, AHigherIndexMayBeReachedThanWasTried) {
  const Bisection found = bisect(10, Answers({{0, {0}}, {5, {8}}, {9, kNo}}));
  EXPECT_EQ(found.highest, 8U);
  EXPECT_EQ(found.refuted, 9U);
}

TEST(BisectionTest, AnUnprovenNoRefutesNothing) {
  const Bisection found = bisect(8, Answers({{0, {0}}, {4, kUnprovenNo}, {2, {2}}, {3, kNo}}));
  EXPECT_EQ(found.highest, 2U);
  EXPECT_EQ(found.refuted, 3U);
  EXPECT_EQ(bisect(2, Answers({{0, {0}}, {1, kUnprovenNo}})).refuted, 2U);
}

TEST(BisectionTest, AnUnprovenNoMayBeWrong) {
  const Bisection found = bisect(8, Answers({{0, {0}}, {4, kUnprovenNo}, {2, {6}}}));
  EXPECT_EQ(found.highest, 6U);
  EXPECT_EQ(found.refuted, 8U);
}

TEST(BisectionTest, OnlyAProvenNoToTheFirstSaysThatNothingIsReached) {
  EXPECT_EQ(bisect(8, Answers({{0, kNo}})).refuted, 0U);
  const Bisection unproven = bisect(8, Answers({{0, kUnprovenNo}}));
  EXPECT_FALSE(unproven.highest);
  EXPECT_EQ(unproven.refuted, 8U);
}

}  // namespace
}  // namespace mainstream
