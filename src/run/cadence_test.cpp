#include "run/cadence.hpp"

#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "core/testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

// What a cadence makes of a stream: for each app the indices of the frames that it saw.
struct Seen {
  std::vector<std::vector<int>> frames;  // by app
  int stem = 0;
};

template <typename Wanted>
Seen play(Cadence& cadence, std::size_t apps, double stream_fps, int frames, Wanted wanted) {
  Seen seen{std::vector<std::vector<int>>(apps), 0};
  for (int i = 0; i < frames; ++i) {
    const MediaTime time = at_seconds(i / stream_fps);
    if (!cadence.due(time) || !wanted(i)) continue;
    ++seen.stem;
    for (const std::size_t app : cadence.take(time)) seen.frames[app].push_back(i);
  }
  return seen;
}

Seen play(Cadence& cadence, std::size_t apps, double stream_fps, int frames) {
  return play(cadence, apps, stream_fps, frames, [](int) { return true; });
}

TEST(CadenceTest, TakesTheNearestFramesOfAnEvenGrid) {
  const std::vector<double> fps{4};
  Cadence cadence(fps, 10);
  const Seen seen = play(cadence, 1, 10, 20);
  // The grid is 0, 2.5, 5, 7.5 .. in frames; halves go to the earlier frame.
  EXPECT_THAT(seen.frames[0], testing::ElementsAre(0, 2, 5, 7, 10, 12, 15, 17));
}

TEST(CadenceTest, LowerRatesTakeTheirFramesFromHigherOnes) {
  const std::vector<double> fps{2, 14, 7, 0.5};
  Cadence cadence(fps, 14);
  const Seen seen = play(cadence, 4, 14, 28);
  EXPECT_EQ(seen.frames[1].size(), 28U);
  EXPECT_THAT(seen.frames[0], testing::ElementsAre(0, 8, 14, 22));
  EXPECT_EQ(seen.frames[2].size(), 14U);
  EXPECT_THAT(seen.frames[3], testing::ElementsAre(0));
}

TEST(CadenceTest, RefusesRatesThatAreNone) {
  for (const double rate : {0.0, -1.0, std::nan("")}) {
    const std::vector<double> fps{rate};
    EXPECT_ERROR(usage, Cadence(fps, 10), "expected a frame rate above 0");
  }
}

// For any mix: rates are met to within a frame, every app's frames lie within those of all faster ones, and
// the stem runs at the highest rate, not at the union of all.
TEST(CadenceTest, RatesAreMetAndNestedForAnyMix) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const double stream_fps = std::uniform_real_distribution(0.5, 60.0)(random);
    std::vector<double> fps(std::uniform_int_distribution<std::size_t>(1, 9)(random));
    for (double& rate : fps) {
      rate = std::uniform_real_distribution(0.05, 1.3)(random) * stream_fps;
      if (random() % 3 == 0) rate = std::ceil(rate);
    }
    SCOPED_TRACE(testing::Message() << "round " << round << ", stream " << stream_fps << ", rates "
                                    << testing::PrintToString(fps));
    const int frames = 2000;
    Cadence cadence(fps, stream_fps);
    const Seen seen = play(cadence, fps.size(), stream_fps, frames);

    std::size_t most = 0;
    for (std::size_t a = 0; a < fps.size(); ++a) {
      const double expected = std::min(fps[a], stream_fps) * frames / stream_fps;
      // One frame of rounding for each rate above this one, and the first frame.
      EXPECT_NEAR(static_cast<double>(seen.frames[a].size()), expected,
                  2.0 + static_cast<double>(fps.size()));
      most = std::max(most, seen.frames[a].size());
      for (std::size_t b = 0; b < fps.size(); ++b) {
        if (fps[a] > fps[b]) continue;
        EXPECT_TRUE(std::includes(seen.frames[b].begin(), seen.frames[b].end(), seen.frames[a].begin(),
                                  seen.frames[a].end()))
            << "app " << a << " within app " << b;
      }
    }
    EXPECT_EQ(static_cast<std::size_t>(seen.stem), most);
  }
}

TEST(CadenceTest, LostFramesLowerAllRatesInProportion) {
  std::mt19937 random(11);
  const std::vector<double> fps{10, 5, 2.5, 1};
  // Also a periodic loss, which must not keep hitting the frames of one app.
  for (const bool periodic : {true, false}) {
    Cadence cadence(fps, 30);
    const double share = 0.5;
    int turn = 0;
    const Seen seen = play(cadence, 4, 30, 30000, [&](int) {
      // Once in three frames a due frame would be on time; only every sixth frame is free.
      return periodic ? ++turn % 4 == 0 : std::uniform_real_distribution(0.0, 1.0)(random) < share / 3;
    });
    const double reached = seen.stem / 1000.0;
    EXPECT_LT(reached, 9.5);
    for (std::size_t app = 0; app < fps.size(); ++app) {
      EXPECT_NEAR(static_cast<double>(seen.frames[app].size()) / seen.stem, fps[app] / 10, 0.01) << app;
    }
  }
}

TEST(CadenceTest, JitterOfACameraCostsNoFrames) {
  std::mt19937 random(3);
  std::normal_distribution<double> jitter(0, 0.006);  // seconds, of a frame time of 0.0333
  const std::vector<double> fps{30};
  Cadence cadence(fps, 30);
  int taken = 0;
  for (int i = 0; i < 3000; ++i) {
    const MediaTime time = at_seconds(std::max(0.0, i / 30.0 + std::clamp(jitter(random), -0.015, 0.015)));
    if (!cadence.due(time)) continue;
    cadence.take(time);
    ++taken;
  }
  EXPECT_GE(taken, 2990);
}

TEST(CadenceTest, AfterAGapTheGridBeginsAnewWithoutABurst) {
  const std::vector<double> fps{2};
  Cadence cadence(fps, 10);
  (void)cadence.take(at_seconds(0));
  std::vector<int> taken;
  for (int i = 100; i < 130; ++i) {
    if (!cadence.due(at_seconds(i / 10.0))) continue;
    (void)cadence.take(at_seconds(i / 10.0));
    taken.push_back(i);
  }
  EXPECT_LE(taken.size(), 7U);
  EXPECT_EQ(taken.front(), 100);
}

TEST(CadenceTest, ANewPlanFollowsWithoutALostFrame) {
  const std::vector<double> slow{2}, fast{5, 1};
  Cadence before(slow, 10);
  const Seen first = play(before, 1, 10, 11);  // 0, 5, 10
  ASSERT_THAT(first.frames[0], testing::ElementsAre(0, 5, 10));
  Cadence after(fast, 10);
  after.follow(before);
  std::vector<int> taken;
  for (int i = 11; i < 20; ++i) {
    if (!after.due(at_seconds(i / 10.0))) continue;
    const auto apps = after.take(at_seconds(i / 10.0));
    EXPECT_TRUE(!taken.empty() || apps.size() == 2) << "the first frame of a plan is everybody's";
    taken.push_back(i);
  }
  EXPECT_THAT(taken, testing::ElementsAre(12, 14, 16, 18));
}

// An app that comes or goes does not change which frames the others see.
TEST(CadenceTest, ANewPlanWithTheSameRateGoesOnWithItsPattern) {
  const std::vector<double> before_fps{10, 4, 1}, after_fps{10, 4, 2, 10};
  Cadence undisturbed(before_fps, 10), before(before_fps, 10), after(after_fps, 10);
  std::vector<bool> expected, seen;
  for (int i = 0; i < 60; ++i) {
    const MediaTime time = at_seconds(i / 10.0);
    if (i == 13) after.follow(before);
    Cadence& now = i < 13 ? before : after;
    ASSERT_TRUE(now.due(time));
    const auto has_second = [](std::span<const std::size_t> apps) {
      return std::find(apps.begin(), apps.end(), 1U) != apps.end();
    };
    expected.push_back(has_second(undisturbed.take(time)));
    seen.push_back(has_second(now.take(time)));
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace mainstream
