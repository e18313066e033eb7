#include "run/near_miss.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace mainstream {
namespace {

using namespace std::chrono_literals;

class NearMissTest : public testing::Test {
 protected:
  // Whether it is kept.
  bool show(MediaTime at, float score) {
    if (!near_.wants(score, 0.6F)) return false;
    EventRecord record;
    record.peak_score = score;
    near_.keep({std::move(record), at});
    return true;
  }
  // The time of the one that is given, in seconds; -1: none.
  double taken(MediaTime now) {
    const auto found = near_.take(now);
    return found ? seconds(found->at) : -1;
  }

  NearMiss near_;
};

TEST_F(NearMissTest, TheHighestScoreOfTenMinutesIsGiven) {
  EXPECT_EQ(taken(0s), -1);
  EXPECT_TRUE(show(10s, 0.3F));
  EXPECT_EQ(taken(12s), -1);
  EXPECT_TRUE(show(20s, 0.5F));
  EXPECT_FALSE(show(30s, 0.4F));
  EXPECT_FALSE(show(40s, 0.5F)) << "the first of equal ones";
  EXPECT_EQ(taken(599s), -1);
  EXPECT_EQ(taken(600s), 20);
  EXPECT_TRUE(show(601s, 0.3F));
  EXPECT_EQ(taken(1199s), -1);
  EXPECT_EQ(taken(1200s), 601);
  EXPECT_EQ(taken(1800s), -1) << "there was none";
}

TEST_F(NearMissTest, ItMustBeNearTheThreshold) {
  EXPECT_FALSE(show(0s, 0.27F)) << "the odds are 0.37, those of the threshold are 1.5";
  EXPECT_FALSE(show(0s, std::numeric_limits<float>::quiet_NaN()));
  EXPECT_TRUE(show(0s, 0.28F));
  EXPECT_TRUE(show(0s, 0.9F)) << "positive, but without its votes";
}

TEST_F(NearMissTest, WhatAnEventHasIsForgotten) {
  EXPECT_EQ(taken(0s), -1);
  EXPECT_TRUE(show(10s, 0.5F));
  near_.event_at(12s, 15s);
  EXPECT_FALSE(show(11s, 0.4F)) << "an event two seconds later is another one";
  near_.event_at(11s, 15s);
  EXPECT_TRUE(show(20s, 0.3F)) << "a second is near";
  near_.event_at(15s, 19s);
  EXPECT_EQ(taken(600s), -1);
}

TEST_F(NearMissTest, TheWayUpToAnEventReplacesNothing) {
  EXPECT_EQ(taken(0s), -1);
  EXPECT_TRUE(show(10s, 0.4F));
  EXPECT_EQ(taken(12s), -1);
  EXPECT_TRUE(show(20s, 0.5F));
  EXPECT_TRUE(show(20500ms, 0.55F));
  near_.event_at(21s, 21s);
  EXPECT_FALSE(show(30s, 0.3F));
  EXPECT_EQ(taken(600s), 10);
}

TEST_F(NearMissTest, WhatIsNotYetKnownToBeNoneCountsForTheNextTenMinutes) {
  EXPECT_EQ(taken(0s), -1);
  EXPECT_TRUE(show(599500ms, 0.5F));
  EXPECT_EQ(taken(600s), -1);
  EXPECT_EQ(taken(1200s), 599.5);
}

TEST_F(NearMissTest, TheEndGivesTheBestSoFar) {
  EXPECT_TRUE(show(10s, 0.5F));
  EXPECT_EQ(seconds(near_.finish()->at), 10);
  EXPECT_FALSE(near_.finish());
}

}  // namespace
}  // namespace mainstream
