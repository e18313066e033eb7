#include "train/data/clip_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "train/recipe.hpp"

namespace mainstream {
namespace {

void expect_to_learn_from_scored_frames(const ClipRows& rows) {
  const std::set<std::int64_t> scored(rows.places.begin(),
                                      rows.places.begin() + static_cast<std::ptrdiff_t>(rows.scored));
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.trains[row]) {
      EXPECT_TRUE(scored.contains(rows.places[row])) << "row " << row;
    }
  }
}

TEST(ClipRowsTest, ScoresFifteenAndLearnsFromFivePlainFramesASecond) {
  const ClipRows rows = plan_clip({{0, 299}}, 30, 2);
  EXPECT_EQ(rows.score_step, 2);
  EXPECT_EQ(rows.scored, 150U);
  EXPECT_EQ(std::ranges::count(rows.trains, true), 2 * 50);
  expect_to_learn_from_scored_frames(rows);
}

// What is not scored need not be kept, and a frame is learned with its own label.
TEST(ClipRowsTest, LongClipsAreThinned) {
  const std::vector<FrameRange> parts{{100, 50'099}, {80'000, 137'999}};  // an hour
  const ClipRows rows = plan_clip(parts, 30, 2);
  EXPECT_EQ(rows.score_step, 28);
  EXPECT_LE(rows.scored, static_cast<std::size_t>(recipe::kMostFrames));
  EXPECT_LE(rows.rows(), 2 * rows.scored);
  expect_to_learn_from_scored_frames(rows);
}

}  // namespace
}  // namespace mainstream
