#include "store/write_queue.hpp"

#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

PendingEvent item(const std::string& id, EventChange change, std::size_t jpeg_bytes = 0) {
  return PendingEvent{record(id, change), std::string(jpeg_bytes, 'x')};
}

TEST(WriteQueueTest, AnEventIsTakenWholeOrNotAtAll) {
  WriteQueue queue(4, 1000);
  EXPECT_TRUE(queue.put(item("a", EventChange::begun)));
  EXPECT_TRUE(queue.put(item("b", EventChange::begun)));
  EXPECT_FALSE(queue.put(item("c", EventChange::begun))) << "two places are reserved for the ends of a and b";
  EXPECT_FALSE(queue.put(item("c", EventChange::updated)));
  EXPECT_TRUE(queue.put(item("b", EventChange::ended)));
  EXPECT_FALSE(queue.put(item("c", EventChange::ended)));
  EXPECT_TRUE(queue.put(item("a", EventChange::ended)));
  EXPECT_FALSE(queue.put(item("d", EventChange::ended)));
  EXPECT_EQ(queue.dropped(), (WriteQueue::Dropped{.events = 2}));

  const Batch batch = queue.take(within(kPatience));
  EXPECT_EQ(batch.events.size(), 4U);
  EXPECT_FALSE(queue.put(item("e", EventChange::begun))) << "what is not written yet needs its places";
  queue.done(batch);
  EXPECT_TRUE(queue.put(item("c", EventChange::begun)));
}

TEST(WriteQueueTest, UpdatesGetWhatEventsLeave) {
  WriteQueue queue(8, 1000);
  EXPECT_TRUE(queue.put(item("a", EventChange::begun)));
  EXPECT_TRUE(queue.put(item("a", EventChange::updated)));
  EXPECT_TRUE(queue.put(item("a", EventChange::updated)));
  EXPECT_FALSE(queue.put(item("a", EventChange::updated)));
  EXPECT_TRUE(queue.put(item("b", EventChange::begun)));
  EXPECT_EQ(queue.dropped(), (WriteQueue::Dropped{.updates = 1}));
}

TEST(WriteQueueTest, ASnapshotThatIsTooMuchIsLeftOut) {
  WriteQueue queue(100, 1000);
  EXPECT_TRUE(queue.put(item("a", EventChange::ended, 600)));
  EXPECT_TRUE(queue.put(item("b", EventChange::ended, 600)));
  EXPECT_EQ(queue.dropped(), (WriteQueue::Dropped{.snapshots = 1}));
  const Batch batch = queue.take(within(kPatience));
  EXPECT_EQ(batch.events[0].jpeg.size(), 600U);
  EXPECT_EQ(batch.events[1].jpeg.size(), 0U);
  queue.done(batch);
  EXPECT_TRUE(queue.put(item("c", EventChange::ended, 1000)));
  EXPECT_EQ(queue.dropped(), (WriteQueue::Dropped{.snapshots = 1}));
}

TEST(WriteQueueTest, NothingToWriteIsAnEmptyBatch) {
  WriteQueue queue(4, 1000);
  EXPECT_TRUE(queue.take(within(1ms)).empty());
  queue.close();
  EXPECT_TRUE(queue.take(within(kPatience)).empty());
}

TEST(WriteQueueTest, NobodyWaitsForRefusedVerdicts) {
  WriteQueue queue(4, 1000);
  const auto refused = queue.put(Verdict{.id = "a", .kind = Verdict::Kind::right});
  queue.refuse_verdicts("the disk is full");
  EXPECT_FALSE(queue.wait_until_written(within(1ms))) << "nobody took what is left";
  EXPECT_TRUE(queue.take(within(kPatience)).empty());
  EXPECT_TRUE(queue.wait_until_written(within(1ms)));
}

}  // namespace
}  // namespace mainstream
