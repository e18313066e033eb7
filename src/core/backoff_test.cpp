#include "core/backoff.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, WaitsLongerEachTimeUpToALimit) {
  Backoff backoff(1s, 10s, 7);
  for (int round = 0; round < 2; ++round) {
    for (const Backoff::Duration whole : {1s, 2s, 4s, 8s, 10s, 10s, 10s}) {
      const Backoff::Duration wait = backoff.next();
      EXPECT_GE(wait, whole / 2);
      EXPECT_LE(wait, whole);
    }
    EXPECT_NE(backoff.next(), backoff.next());
    backoff.reset();
  }
}

TEST(BackoffTest, SeedsPartThoseWhoFailedTogether) {
  Backoff a(1s, 10s, 1), b(1s, 10s, 2), again(1s, 10s, 1);
  const Backoff::Duration first = a.next();
  EXPECT_NE(first, b.next());
  EXPECT_EQ(first, again.next());
}

}  // namespace
}  // namespace mainstream
