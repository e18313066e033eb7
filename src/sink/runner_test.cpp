#include <numeric>

#include "core/mutex.hpp"
#include "sink/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

// What a test's sink was given, and how it answers. Outlives the sink.
class Receiver {
 public:
  using Answer = std::function<Delivery(std::span<const StoredEvent>)>;

  void answer(Answer answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  Delivery take(std::span<const StoredEvent> events) {
    const MutexLock lock(mutex_);
    Delivery delivery = answer_ ? answer_(events) : Delivery{events.size()};
    for (const StoredEvent& stored : events.first(delivery.delivered))
      sequences_.push_back(stored.event.sequence);
    return delivery;
  }
  [[nodiscard]] std::vector<std::int64_t> sequences() const {
    const MutexLock lock(mutex_);
    return sequences_;
  }

 private:
  mutable Mutex mutex_;
  Answer answer_ GUARDED_BY(mutex_);
  std::vector<std::int64_t> sequences_ GUARDED_BY(mutex_);
};

class TestSink final : public Sink {
 public:
  explicit TestSink(Receiver& receiver) : receiver_(receiver) {}
  Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& /*stop*/) override {
    return receiver_.take(events);
  }

 private:
  Receiver& receiver_;
};

class SinkRunnerTest : public testing::Test {
 protected:
  std::unique_ptr<SinkRunner> run(Receiver& receiver, SinkRunnerOptions options = quick("test")) {
    return std::make_unique<SinkRunner>(store_, std::make_unique<TestSink>(receiver), std::move(options));
  }
  void put(int events) {
    for (int i = 0; i < events; ++i) put_event(store_);
  }
  static std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(last - first + 1));
    std::iota(numbers.begin(), numbers.end(), first);
    return numbers;
  }

  TestFolder folder_;
  Store store_{store_in(folder_.path())};
  Receiver receiver_;
};

TEST_F(SinkRunnerTest, DeliversInOrderFromWhereItWas) {
  put(3);
  ASSERT_TRUE(store_.flush(within(kPatience)));
  {
    const auto runner = run(receiver_);
    put(40);
    EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 80; }));
    EXPECT_EQ(receiver_.sequences(), from_to(7, 86)) << "a new sink begins with what is new";
    EXPECT_TRUE(soon([&] { return runner->state().lag == 0; }));
    EXPECT_EQ(runner->state().delivered, 80U);
    EXPECT_EQ(runner->state().cursor, 86);
  }
  put(2);
  ASSERT_TRUE(store_.flush(within(kPatience)));
  const auto again = run(receiver_);
  EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 84; }));
  EXPECT_EQ(receiver_.sequences(), from_to(7, 90));
}

TEST_F(SinkRunnerTest, ASinkThatIsDownHoldsNobodyUpAndIsCaughtUp) {
  Receiver down;
  down.answer([](auto) { return Delivery{0, "the cable is cut"}; });
  const auto good = run(receiver_), bad = run(down, quick("bad"));
  put(50);
  EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 100; }));
  EXPECT_TRUE(soon([&] { return bad->state().failures >= 3; }));
  EXPECT_FALSE(bad->state().up);
  EXPECT_EQ(bad->state().lag, 100);
  EXPECT_EQ(bad->state().last_error, "the cable is cut");
  EXPECT_TRUE(bad->state().last_error_time);
  EXPECT_TRUE(good->state().up);
  down.answer({});
  EXPECT_TRUE(soon([&] { return down.sequences().size() == 100; }));
  EXPECT_EQ(down.sequences(), from_to(1, 100));
  EXPECT_TRUE(soon([&] { return bad->state().up; }));
}

TEST_F(SinkRunnerTest, WhatThrowsOrTakesAPartIsTriedAgainFromThere) {
  receiver_.answer([n = 0](std::span<const StoredEvent> events) mutable {
    ++n;
    if (n % 3 == 0) throw std::runtime_error("oh");
    return n % 3 == 1 ? Delivery{1, "full"} : Delivery{events.size()};
  });
  const auto runner = run(receiver_);
  put(10);
  EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 20; }));
  EXPECT_EQ(receiver_.sequences(), from_to(1, 20));
}

TEST_F(SinkRunnerTest, ARecordThatIsRefusedIsSkippedAfterSomeAttempts) {
  int attempts = 0;
  receiver_.answer([&](std::span<const StoredEvent> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].event.sequence != 5) continue;
      if (i == 0) ++attempts;
      return Delivery{i, "no fives", true};
    }
    return Delivery{events.size()};
  });
  {
    const auto runner = run(receiver_);
    put(5);
    EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 9; }));
    EXPECT_EQ(runner->state().skipped, 1U);
  }
  EXPECT_GE(attempts, 2);
  EXPECT_LE(attempts, 3);
  EXPECT_THAT(receiver_.sequences(), testing::ElementsAre(1, 2, 3, 4, 6, 7, 8, 9, 10));
  EXPECT_TRUE(store_.flush(within(kPatience)));
  EXPECT_EQ(StoreReader(folder_.path()).counters().at("sink_skipped/test"), 1);
}

TEST_F(SinkRunnerTest, NearMissesAreNotDelivered) {
  const auto runner = run(receiver_);
  put_near_miss(store_);
  put(1);
  put_near_miss(store_);
  put(1);
  ASSERT_TRUE(soon([&] { return receiver_.sequences().size() == 4; }));
  EXPECT_EQ(receiver_.sequences(), from_to(1, 4)) << "they leave no gap";
}

// A store whose four records are gone by their age, and the sink "test" has had none of them.
std::unique_ptr<Store> emptied_store(const std::filesystem::path& directory) {
  StoreOptions options = store_in(directory);
  options.max_age = 1ms;
  options.tidy_every = 5ms;
  auto store = std::make_unique<Store>(options);
  store->set_cursor("test", 0);
  put_event(*store);
  put_event(*store);
  EXPECT_TRUE(store->flush(within(kPatience)));
  StoreReader reader(directory);
  EXPECT_TRUE(soon([&] { return reader.changes_after(0, 10).empty(); }));
  return store;
}

TEST_F(SinkRunnerTest, WhatRetentionTookIsCounted) {
  const TestFolder folder;
  const auto emptied = emptied_store(folder.path());
  Store& store = *emptied;
  receiver_.answer([](std::span<const StoredEvent> events) { return Delivery{events.size()}; });
  const SinkRunner runner(store, std::make_unique<TestSink>(receiver_), quick("test"));
  for (int i = 0; i < 200 && receiver_.sequences().empty(); ++i) {
    put_event(store);
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_FALSE(receiver_.sequences().empty());
  EXPECT_GE(runner.state().missed, 4U);
}

TEST_F(SinkRunnerTest, WhatRetentionTookIsCountedAlsoWhenNothingIsLeft) {
  const TestFolder folder;
  const auto emptied = emptied_store(folder.path());
  Store& store = *emptied;
  const SinkRunner runner(store, std::make_unique<TestSink>(receiver_), quick("test"));
  EXPECT_TRUE(soon([&] { return runner.state().missed == 4; }));
  EXPECT_EQ(runner.state().lag, 0) << "else it looks again and again";
  EXPECT_TRUE(receiver_.sequences().empty());
}

TEST_F(SinkRunnerTest, WaitsAsLongAsTheReceiverAsks) {
  std::vector<std::chrono::steady_clock::time_point> attempts;
  receiver_.answer([&](std::span<const StoredEvent> events) {
    attempts.push_back(std::chrono::steady_clock::now());
    return attempts.size() == 1 ? Delivery{0, "busy", false, 300ms} : Delivery{events.size()};
  });
  {
    const auto runner = run(receiver_);  // its own pauses are 50 ms at most
    put(1);
    EXPECT_TRUE(soon([&] { return receiver_.sequences().size() == 2; }));
  }
  ASSERT_GE(attempts.size(), 2U);
  EXPECT_GE(attempts[1] - attempts[0], 300ms);
}

TEST_F(SinkRunnerTest, EndsSoonWhileItWaits) {
  receiver_.answer([](auto) { return Delivery{0, "down", false, 60s}; });
  SinkRunnerOptions options = quick("test");
  options.longest_pause = 60s;
  auto runner = run(receiver_, options);
  put(1);
  EXPECT_TRUE(soon([&] { return runner->state().failures == 1; }));
  const auto start = std::chrono::steady_clock::now();
  runner.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
}

}  // namespace
}  // namespace mainstream
