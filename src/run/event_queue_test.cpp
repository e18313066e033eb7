#include "run/event_queue.hpp"

#include <atomic>
#include <semaphore>

#include "core/log.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

EventRecord event(int number) {
  EventRecord record;
  record.id = std::to_string(number);
  return record;
}

TEST(EventQueueTest, EachSinkGetsEachEventInOrder) {
  std::string first, second;
  EventQueue queue(
      {[&](const EventRecord& e) { first += e.id; }, [&](const EventRecord& e) { second += e.id; }},
      WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  for (int i = 0; i < 5; ++i) queue.push(event(i));
  queue.close();
  EXPECT_EQ(first, "01234");
  EXPECT_EQ(second, "01234");
}

TEST(EventQueueTest, ASinkThatStallsStopsNobodyAndTheLossIsCounted) {
  std::binary_semaphore go(0);
  std::vector<std::string> got;
  EventQueue queue({[&](const EventRecord& e) {
                     if (got.empty()) go.acquire();
                     got.push_back(e.id);
                   }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  queue.push(event(0));
  for (int i = 1; i <= 10'500; ++i) queue.push(event(i));
  EXPECT_GE(queue.dropped(), 500);
  go.release();
  queue.close();
  EXPECT_EQ(std::ssize(got) + queue.dropped(), 10'501);
  EXPECT_EQ(got.back(), "10500") << "the oldest ones are lost";
}

TEST(EventQueueTest, AFailedSinkIsNoOthersTrouble) {
  set_log_level("off");
  int got = 0;
  EventQueue queue({[](const EventRecord&) { throw Error(ErrorKind::storage, "full"); },
                    [&](const EventRecord&) { ++got; }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  for (int i = 0; i < 3; ++i) queue.push(event(i));
  queue.close();
  EXPECT_EQ(got, 3);
  EXPECT_EQ(queue.failures(), 3);
  set_log_level("info");
}

TEST(EventQueueTest, AfterAFailureItMayStop) {
  int got = 0;
  EventQueue queue({[&](const EventRecord&) {
                     if (++got == 2) throw Error(ErrorKind::storage, "full");
                   }},
                   WhenFull::wait, EventQueue::AfterFailure::stop);
  queue.push(event(0));
  queue.push(event(1));
  queue.close();
  EXPECT_ERROR(storage, queue.push(event(2)), "full");
  EXPECT_EQ(got, 2);
  EXPECT_TRUE(queue.first_failure());
}

}  // namespace
}  // namespace mainstream
