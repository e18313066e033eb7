#include "media/stream_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace mainstream {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Stamps = std::vector<std::optional<MediaTime>>;

std::vector<MediaTime> times(const Stamps& stamps) {
  StreamTime time(100ms, StreamTime::Trust::stamps);
  std::vector<MediaTime> result;
  for (const auto& stamp : stamps) result.push_back(time.next(stamp, {}));
  return result;
}

TEST(StreamTimeTest, CountsFromTheFirstFrame) {
  EXPECT_THAT(times({7s, 7100ms, 9s}), ElementsAre(0s, 100ms, 2s));
  EXPECT_THAT(times({-3s, -2s, 1s}), ElementsAre(0s, 1s, 4s));
}

TEST(StreamTimeTest, MissingStampsAreFilledIn) {
  EXPECT_THAT(times({std::nullopt, std::nullopt, std::nullopt}), ElementsAre(0s, 100ms, 200ms));
  EXPECT_THAT(times({std::nullopt, 50s, 50200ms}), ElementsAre(0s, 100ms, 300ms));
  EXPECT_THAT(times({5s, std::nullopt, 5500ms}), ElementsAre(0s, 100ms, 500ms));
}

TEST(StreamTimeTest, NeverRunsBackwards) {
  EXPECT_THAT(times({5s, 5400ms, 5300ms, 5500ms}), ElementsAre(0s, 400ms, 400ms, 500ms));
}

TEST(StreamTimeTest, GoesOnWhereTheClockBeginsAnew) {
  EXPECT_THAT(times({5s, 9s, 0s, 200ms}), ElementsAre(0s, 4s, 4100ms, 4300ms));
}

// Of a live stream: stamps, and the times of arrival.
std::vector<MediaTime> live_times(const std::vector<std::pair<std::optional<MediaTime>, MediaTime>>& frames,
                                  StreamTime::Trust trust = StreamTime::Trust::checked) {
  StreamTime time(100ms, trust);
  std::vector<MediaTime> result;
  for (const auto& [stamp, arrival] : frames) result.push_back(time.next(stamp, arrival));
  return result;
}

TEST(StreamTimeTest, WithoutStampsOfTheirOwnFramesAreTimedByArrival) {
  EXPECT_THAT(live_times({{40ms, 7s}, {80ms, 8s}, {120ms, 8500ms}}, StreamTime::Trust::arrival),
              ElementsAre(0s, 1s, 1500ms));
  EXPECT_THAT(live_times({{std::nullopt, 7s}, {std::nullopt, 8s}, {std::nullopt, 8500ms}}),
              ElementsAre(0s, 1s, 1500ms));
}

TEST(StreamTimeTest, JitterAndBurstsDoNotMoveLiveStamps) {
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 900ms}, {5200ms, 901ms}, {5300ms, 902ms}}),
              ElementsAre(0s, 100ms, 200ms, 300ms));
}

TEST(StreamTimeTest, ALiveClockThatIsSetOrStoodStillDoesNotMoveTheTime) {
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 100ms}, {900s, 200ms}, {900100ms, 300ms}}),
              ElementsAre(0s, 100ms, 200ms, 300ms))
      << "set forward";
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 100ms}, {0s, 3s}, {100ms, 3100ms}}),
              ElementsAre(0s, 100ms, 3s, 3100ms))
      << "restarted after an outage";
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 100ms}, {5200ms, 60s}, {5300ms, 60100ms}}),
              ElementsAre(0s, 100ms, 60s, 60100ms))
      << "stood still during an outage";
}

TEST(StreamTimeTest, StampsOfSegmentsDoNotRunAheadOfTheClock) {
  constexpr auto kSegments = StreamTime::Trust::segments;
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 0s}, {45000s, 0s}, {45000100ms, 0s}}, kSegments),
              ElementsAre(0s, 100ms, 200ms, 300ms))
      << "set forward";
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 0s}, {65s, 60s}, {65100ms, 60s}}, kSegments),
              ElementsAre(0s, 100ms, 60s, 60100ms))
      << "segments are missing";
  EXPECT_THAT(live_times({{5s, 0s}, {5100ms, 0s}, {5200ms, 15s}, {0s, 15s}}, kSegments),
              ElementsAre(0s, 100ms, 200ms, 300ms))
      << "a segment of 15 s, and a restart";
}

TEST(StreamTimeTest, StampsAtAWrongSpeedAreGivenUp) {
  StreamTime wrong(40ms, StreamTime::Trust::checked), right(40ms, StreamTime::Trust::checked);
  MediaTime last{};
  for (int i = 0; i < 500; ++i) {
    last = wrong.next(i * 40ms, i * 100ms);
    (void)right.next(i * 40ms, i * 40ms + (i % 3) * 500ms);
  }
  EXPECT_EQ(wrong.trust(), StreamTime::Trust::arrival);
  EXPECT_EQ(right.trust(), StreamTime::Trust::checked);
  EXPECT_EQ(wrong.next(0s, 500 * 100ms) - last, 100ms);
}

TEST(StreamTimeTest, AbsurdStampsCountAsMissing) {
  constexpr MediaTime kLowest(std::numeric_limits<std::int64_t>::min());
  constexpr MediaTime kHighest(std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(times({kLowest, kHighest, 3s}), ElementsAre(0s, 100ms, 200ms));
}

}  // namespace
}  // namespace mainstream
