#include <random>

#include "core/testing.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

using Ranges = std::vector<FrameRange>;

TEST(ScoreTest, CountsOverlapsOnBothSides) {
  // The first detection finds two events, the third nothing; the event at 50 is missed.
  const Ranges truth = {{0, 9}, {12, 20}, {30, 40}, {50, 60}};
  const Ranges detected = {{9, 12}, {39, 45}, {46, 49}};
  const EventScore score = score_events(truth, detected);
  EXPECT_EQ(score.true_events, 4);
  EXPECT_EQ(score.found, 3);
  EXPECT_EQ(score.detected_events, 3);
  EXPECT_EQ(score.correct, 2);
  EXPECT_DOUBLE_EQ(score.recall.value(), 0.75);
  EXPECT_DOUBLE_EQ(score.precision.value(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score.f1.value(), 2 * 0.75 * (2.0 / 3) / (0.75 + 2.0 / 3));
}

TEST(ScoreTest, EmptyCasesAreStated) {
  const Ranges none, some = {{3, 5}}, elsewhere = {{6, 9}};
  const EventScore nothing = score_events(none, none);
  EXPECT_FALSE(nothing.recall || nothing.precision || nothing.f1);
  const EventScore missed = score_events(some, none);
  EXPECT_EQ(missed.recall, 0);
  EXPECT_FALSE(missed.precision);
  EXPECT_EQ(missed.f1, 0);
  const EventScore invented = score_events(none, some);
  EXPECT_FALSE(invented.recall);
  EXPECT_EQ(invented.precision, 0);
  EXPECT_EQ(invented.f1, 0);
  EXPECT_EQ(score_events(some, elsewhere).f1, 0);
}

TEST(ScoreTest, AgreesWithTheDefinitionOnRandomEvents) {
  std::mt19937 random(1);
  const auto make = [&] {
    Ranges ranges(random() % 8);
    for (FrameRange& range : ranges) {
      range.first = static_cast<std::int64_t>(random() % 60);
      range.last = range.first + static_cast<std::int64_t>(random() % 10);
    }
    return ranges;
  };
  const auto count = [](const Ranges& ranges, const Ranges& others) {
    return std::count_if(ranges.begin(), ranges.end(), [&](const FrameRange& range) {
      return std::any_of(others.begin(), others.end(),
                         [&](const FrameRange& o) { return range.overlaps(o); });
    });
  };
  for (int i = 0; i < 2000; ++i) {
    const Ranges truth = make(), detected = make();
    const EventScore score = score_events(truth, detected);
    ASSERT_EQ(score.found, count(truth, detected)) << i;
    ASSERT_EQ(score.correct, count(detected, truth)) << i;
  }
}

TEST(ScoreTest, RunIsCutToItsFrames) {
  Labels labels;
  labels.frames = 20;
  labels.apps["a"] = std::vector<bool>(20);
  for (const std::size_t i : {2, 3, 9, 10, 11, 18}) labels.apps["a"][i] = true;
  labels.apps["b"] = labels.apps["c"] = std::vector<bool>(20);
  // In 10..16: one event of a, found by the one detection that reaches into it; the others do not count.
  const EventsByApp detected = {{"a", {{2, 3}, {8, 10}, {17, 19}}}, {"b", {{12, 13}}}, {"c", {}}};
  const RunScore run = score_run(labels, detected, {10, 16});
  EXPECT_EQ(run.apps.at("a").true_events, 1);
  EXPECT_EQ(run.apps.at("a").detected_events, 1);
  EXPECT_EQ(run.apps.at("a").f1, 1);
  EXPECT_EQ(run.apps.at("b").f1, 0);
  EXPECT_FALSE(run.apps.at("c").f1);
  EXPECT_EQ(run.mean_f1, 0.5);  // of a and b
  EXPECT_EQ(run.min_f1, 0);
  EXPECT_FALSE(score_run(labels, {{"c", {}}}, {0, 19}).mean_f1);
  EXPECT_ERROR(usage, score_run(labels, {{"x", {}}}, {0, 19}), "app 'x'; there are: a, b, c");
  EXPECT_ERROR(usage, score_run(labels, detected, {0, 20}), "frames 0..20: the labels have frames 0..19");
}

}  // namespace
}  // namespace mainstream
