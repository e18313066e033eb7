#include "run/app_events.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

MediaTime at(std::int64_t frame) {
  return MediaTime(frame * 100'000 + 7);  // a camera whose clock began a little late
}

TEST(AppEventsTest, KnowsTheTimesOfItsEvents) {
  AppEvents events({.votes = 2, .merge_gap = 3});
  std::vector<AppEvents::Closed> closed;
  const std::string answers = "..+.++.+.++......++";
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto frame = static_cast<std::int64_t>(i);
    if (const auto over = events.add(frame, at(frame), 0.5F, answers[i] == '+')) closed.push_back(*over);
  }
  if (const auto over = events.finish()) closed.push_back(*over);
  // The lone positives have no votes; the pairs at 4 and 9 are near enough to be one event.
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[0].event.range, (FrameRange{4, 10}));
  EXPECT_EQ(closed[0].event.confirmed_frame, 5);
  EXPECT_EQ(closed[0].start, at(4));
  EXPECT_EQ(closed[0].end, at(10));
  EXPECT_EQ(closed[1].event.range, (FrameRange{17, 18}));
  EXPECT_EQ(closed[1].start, at(17));
  EXPECT_EQ(closed[1].end, at(18));
}

TEST(AppEventsTest, AnEventThatClosesWhereTheNextBeginsKeepsItsTimes) {
  AppEvents events({.votes = 1, .merge_gap = 2});
  ASSERT_FALSE(events.add(0, at(0), 1, true));
  ASSERT_FALSE(events.add(1, at(1), 0, false));
  const auto over = events.add(9, at(9), 1, true);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->start, at(0));
  EXPECT_EQ(over->end, at(0));
  EXPECT_EQ(events.finish()->start, at(9));
}

TEST(AppEventsTest, AChangeOfPlanDoesNotTearAnOpenEvent) {
  AppEvents events({.votes = 1, .merge_gap = 0});
  events.set_running({"early", 10, 1, "exit-3", 0});
  ASSERT_FALSE(events.add(0, at(0), 1, true));
  events.set_running({"late", 2, 2, "tail-3", 1});
  ASSERT_FALSE(events.add(5, at(5), 1, true));
  events.set_running({"later", 1, 3, "tail-7", 2});
  const auto over = events.add(15, at(15), 0, false);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->event.range, (FrameRange{0, 5}));
  EXPECT_EQ(over->running.branchpoint, "late");
  EXPECT_EQ(over->running.fps, 2);
  EXPECT_EQ(over->running.votes, 2);
  EXPECT_EQ(over->running.candidate, "tail-3");
  EXPECT_EQ(over->running.plan, 1);
}

TEST(AppEventsTest, AnotherPlansVotesCountFromItsFirstFrame) {
  AppEvents events({.votes = 1, .merge_gap = 0});
  events.set_running({.branchpoint = {}, .fps = 10, .votes = 3, .candidate = {}, .plan = {}});
  for (const int frame : {0, 1}) ASSERT_FALSE(events.add(frame, at(frame), 1, true));
  ASSERT_FALSE(events.add(2, at(2), 0, false)) << "two votes are too few";
  for (const int frame : {3, 4, 5, 6}) ASSERT_FALSE(events.add(frame, at(frame), 1, true));
  const auto over = events.finish();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->event.range, (FrameRange{3, 6}));
  EXPECT_EQ(over->event.confirmed_frame, 5);
}

}  // namespace
}  // namespace mainstream
