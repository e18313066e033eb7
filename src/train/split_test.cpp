#include "train/split.hpp"

#include <algorithm>

#include "core/testing.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

std::vector<bool> labels_with(std::int64_t frames, const std::vector<FrameRange>& events) {
  std::vector<bool> labels(static_cast<std::size_t>(frames), false);
  for (const FrameRange& event : events) {
    for (std::int64_t frame = event.first; frame <= event.last; ++frame)
      labels[static_cast<std::size_t>(frame)] = true;
  }
  return labels;
}

TEST(CutInTime, MakesEqualPartsWhenEventsAreSpreadEvenly) {
  const auto labels = labels_with(300, {{40, 60}, {140, 160}, {240, 260}});
  EXPECT_EQ(cut_in_time(labels, 3), (std::vector<std::int64_t>{100, 200}));
}

TEST(CutInTime, GivesEachPartAnEventAndCutsNone) {
  const auto labels = labels_with(300, {{10, 20}, {30, 70}, {90, 100}});
  const std::vector<std::int64_t> cuts = cut_in_time(labels, 3);
  ASSERT_EQ(cuts.size(), 2U);
  std::vector<std::int64_t> edges{0, cuts[0], cuts[1], 300};
  for (std::size_t part = 0; part < 3; ++part) {
    const auto begin = labels.begin() + edges[part], end = labels.begin() + edges[part + 1];
    EXPECT_GT(std::count(begin, end, true), 0) << "part from " << edges[part];
    EXPECT_GT(std::count(begin, end, false), 0);
  }
  for (const std::int64_t cut : cuts) {
    EXPECT_FALSE(labels[static_cast<std::size_t>(cut) - 1] && labels[static_cast<std::size_t>(cut)]) << cut;
  }
}

// One long event: better a cut inside it than a part that cannot judge.
TEST(CutInTime, CutsAnEventWhereAPartWouldHaveNone) {
  const auto labels = labels_with(200, {{60, 139}});
  const std::vector<std::int64_t> cuts = cut_in_time(labels, 2);
  ASSERT_EQ(cuts.size(), 1U);
  EXPECT_GT(cuts[0], 60);
  EXPECT_LT(cuts[0], 140);
}

TEST(CutInTime, RefusesTooFewFrames) {
  EXPECT_ERROR(usage, cut_in_time(std::vector<bool>(7), 2), "7 frames in 2 parts");
  EXPECT_EQ(cut_in_time(std::vector<bool>(8), 2).size(), 1U);
}

TEST(RandomFold, JudgesAShareOfEveryClass) {
  std::vector<int> labels(50, 0);
  labels.insert(labels.end(), 10, 1);
  labels.insert(labels.end(), 2, 2);
  const Fold fold = random_fold(labels, 3, 0.2, 7);
  std::vector<int> judged(3), training(3);
  for (const std::size_t row : fold.judged) ++judged[static_cast<std::size_t>(labels[row])];
  for (const std::size_t row : fold.training) ++training[static_cast<std::size_t>(labels[row])];
  EXPECT_EQ(judged, (std::vector<int>{10, 2, 1}));
  EXPECT_EQ(training, (std::vector<int>{40, 8, 1}));
  EXPECT_EQ(random_fold(labels, 3, 0.2, 7).judged, fold.judged);
  EXPECT_NE(random_fold(labels, 3, 0.2, 8).judged, fold.judged);
}

}  // namespace
}  // namespace mainstream
