#include "core/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace mainstream {
namespace {

TEST(BoundedQueueTest, DropsTheOldestWhenFullAndCounts) {
  BoundedQueue<int> queue(2, WhenFull::drop_oldest);
  for (const int i : {1, 2, 3}) EXPECT_TRUE(queue.push(i));
  EXPECT_EQ(queue.dropped(), 1U);
  EXPECT_EQ(queue.pop(), 2);
  EXPECT_EQ(queue.pop(), 3);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

TEST(BoundedQueueTest, HandsOutWhatIsLeftAfterClosing) {
  BoundedQueue<int> queue(2, WhenFull::wait);
  queue.push(1);
  queue.close();
  EXPECT_FALSE(queue.push(2));
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueueTest, WaitingLosesNothing) {
  BoundedQueue<int> queue(1, WhenFull::wait);
  std::jthread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const auto item = queue.pop()) EXPECT_EQ(*item, expected++);
  EXPECT_EQ(expected, 1000);
  EXPECT_EQ(queue.dropped(), 0U);
}

TEST(BoundedQueueTest, HoldsNoMoreBytesThanAllowedButAlwaysOneItem) {
  BoundedQueue<int> queue(10, WhenFull::drop_oldest, 100);
  EXPECT_TRUE(queue.push(1, 60));
  EXPECT_TRUE(queue.push(2, 40));
  EXPECT_EQ(queue.dropped(), 0U);
  EXPECT_TRUE(queue.push(3, 1));
  EXPECT_EQ(queue.dropped(), 1U);
  EXPECT_TRUE(queue.push(4, 1000));
  EXPECT_EQ(queue.dropped(), 3U);
  EXPECT_EQ(queue.try_pop(), 4);
  EXPECT_EQ(queue.try_pop(), std::nullopt);
}

}  // namespace
}  // namespace mainstream
