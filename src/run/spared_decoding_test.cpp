#include "run/spared_decoding.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::milliseconds;

// Ten frames per second, of which every second is needed by others, on 64 x 48 pixels.
class SparedDecodingTest : public testing::Test {
 protected:
  SparedDecodingTest() { spared_.set_stream(10, 0.5, 64 * 48); }

  void decode(double ms, int frames, milliseconds between) {
    for (int i = 0; i < frames; ++i) spared_.decoded(ms, time_ += between);
  }

  SparedDecoding spared_;
  MediaTime time_{};
};

TEST_F(SparedDecodingTest, TellsWhatEachWayTakes) {
  EXPECT_THAT(spared_.ways({}, false), testing::IsEmpty()) << "nothing is known";
  decode(4, 50, milliseconds(100));
  std::vector<DecodingWay> ways = spared_.ways({}, false);
  ASSERT_EQ(ways.size(), 2U);
  EXPECT_NEAR(ways[0].fps, 5 / 1.25, 1e-9);
  EXPECT_NEAR(ways[0].ms_per_s, 4 * 5, 1e-9) << "as a frame of all takes, until it was tried";
  EXPECT_NEAR(ways[1].ms_per_s, 4 * 10, 1e-9);
  spared_.begin(true, false);
  decode(6, 50, milliseconds(200));
  ways = spared_.ways({}, false);
  EXPECT_NEAR(ways[0].ms_per_s, 6 * 5, 1e-9);
  EXPECT_NEAR(ways[1].ms_per_s, 4 * 10, 1e-9) << "what a higher rate would need again";
}

TEST_F(SparedDecodingTest, AWayThatIsInUseServesUntilItIsLeft) {
  decode(4, 50, milliseconds(100));
  const CameraNeed need{.fps = 4.5};
  EXPECT_FALSE(spared_.may_leave_out(need));
  EXPECT_LT(spared_.ways(need, false)[0].fps, 4.5);
  spared_.begin(true, false);
  EXPECT_TRUE(spared_.may_leave_out(need)) << "hardly enough";
  EXPECT_EQ(spared_.ways(need, false)[0].fps, 4.5) << "the rate that plays, and none above";
  EXPECT_FALSE(spared_.may_leave_out({.fps = 4.9}));
  EXPECT_NEAR(spared_.ways({.fps = 4.9}, false)[0].fps, 4, 1e-9);
}

TEST_F(SparedDecodingTest, ASubstreamCountsOnceItIsKnown) {
  decode(4, 50, milliseconds(100));
  const CameraNeed need{.fps = 1, .width = 16, .height = 16};
  EXPECT_TRUE(spared_.substream_suffices(need));
  EXPECT_EQ(spared_.ways(need, true).size(), 2U) << "nobody knows what it has";
  VideoInfo sub;
  sub.width = 32;
  sub.height = 24;
  sub.fps = 2;
  spared_.set_substream(sub);
  const std::vector<DecodingWay> ways = spared_.ways(need, true);
  ASSERT_EQ(ways.size(), 3U);
  EXPECT_EQ(ways[0].fps, 2);
  EXPECT_NEAR(ways[0].ms_per_s, 4 * 0.25 * 2, 1e-9) << "by its pixels, until it was tried";
  EXPECT_EQ(spared_.ways(need, false).size(), 2U) << "it has just failed";
  EXPECT_EQ(spared_.ways({.fps = 1, .width = 33, .height = 16}, true).size(), 2U) << "too small";
  EXPECT_FALSE(spared_.substream_suffices({.fps = 3, .width = 16, .height = 16}));
}

}  // namespace
}  // namespace mainstream
