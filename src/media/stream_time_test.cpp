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

TEST(StreamTimeTest, AbsurdStampsCountAsMissing) {
  constexpr MediaTime kLowest(std::numeric_limits<std::int64_t>::min());
  constexpr MediaTime kHighest(std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(times({kLowest, kHighest, 3s}), ElementsAre(0s, 100ms, 200ms));
}

}  // namespace
}  // namespace mainstream
