#include "run/event_queue.hpp"

#include <atomic>
#include <semaphore>

#include "core/log.hpp"
#include "core/testing.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

RaisedEvent event(int number) {
  RaisedEvent event;
  event.record.id = std::to_string(number);
  return event;
}

TEST(EventQueueTest, EachSinkGetsEachEventInOrder) {
  std::string first, second;
  EventQueue queue({[&](const EventRecord& e, const std::string&) { first += e.id; },
                    [&](const EventRecord& e, const std::string&) { second += e.id; }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  for (int i = 0; i < 5; ++i) queue.push(event(i));
  queue.close();
  EXPECT_EQ(first, "01234");
  EXPECT_EQ(second, "01234");
}

Picture grey(int width, int height) {
  return picture_from_rgb(width, height,
                          std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, 128));
}

TEST(EventQueueTest, PicturesArriveAsJpegOfBoundedSize) {
  std::vector<std::string> pictures;
  EventQueue queue({[&](const EventRecord&, const std::string& jpeg) { pictures.push_back(jpeg); }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  RaisedEvent shown = event(0);
  shown.picture = grey(2000, 1000);
  queue.push(shown);
  queue.push(event(1));
  queue.close();
  ASSERT_EQ(pictures.size(), 2U);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(pictures[0].data());
  const Picture picture = decode_picture({bytes, pictures[0].size()}, "snapshot");
  EXPECT_EQ(picture.width(), 1280);
  EXPECT_EQ(picture.height(), 640);
  EXPECT_EQ(pictures[1], "");
}

// Records are worth more than pictures: 40 of 3 MB do not fit, and come without.
TEST(EventQueueTest, PicturesThatWaitTakeBoundedMemory) {
  std::binary_semaphore go(0);
  int records = 0, with_picture = 0;
  EventQueue queue({[&](const EventRecord&, const std::string& jpeg) {
                     if (records++ == 0) go.acquire();
                     if (!jpeg.empty()) ++with_picture;
                   }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  queue.push(event(0));
  const Picture picture = grey(1000, 1000);
  for (int i = 1; i <= 40; ++i) {
    RaisedEvent shown = event(i);
    shown.picture = picture;
    queue.push(shown);
  }
  go.release();
  queue.close();
  EXPECT_EQ(records, 41);
  EXPECT_GT(with_picture, 10);
  EXPECT_LT(with_picture, 40);
}

TEST(EventQueueTest, ASinkThatStallsStopsNobodyAndTheLossIsCounted) {
  std::binary_semaphore go(0);
  std::vector<std::string> got;
  EventQueue queue({[&](const EventRecord& e, const std::string&) {
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
  EventQueue queue({[](const EventRecord&, const std::string&) { throw Error(ErrorKind::storage, "full"); },
                    [&](const EventRecord&, const std::string&) { ++got; }},
                   WhenFull::drop_oldest, EventQueue::AfterFailure::go_on);
  for (int i = 0; i < 3; ++i) queue.push(event(i));
  queue.close();
  EXPECT_EQ(got, 3);
  EXPECT_EQ(queue.failures(), 3);
  set_log_level("info");
}

TEST(EventQueueTest, AfterAFailureItMayStop) {
  int got = 0;
  EventQueue queue({[&](const EventRecord&, const std::string&) {
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
