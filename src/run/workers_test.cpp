#include "run/workers.hpp"

#include <atomic>
#include <string>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::milliseconds;

// Counts its turns, and how many workers were at it at once.
class Counter : public Workers::Task {
 public:
  explicit Counter(std::function<void()> each = [] {}) : each_(std::move(each)) {}
  void work() override {
    most_at_once = std::max<int>(most_at_once, ++inside_);
    each_();
    ++turns;
    --inside_;
  }
  std::atomic<int> turns = 0, most_at_once = 0;

 private:
  std::function<void()> each_;
  std::atomic<int> inside_ = 0;
};

void wait_for(const std::atomic<int>& value, int wanted) {
  ASSERT_TRUE(soon([&] { return value >= wanted; })) << value;
}

TEST(WorkersTest, TwoTasksRunAtTheSameTimeAndOneDoesNot) {
  Workers workers(3);
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  // Each turn lasts until the other task has one, too.
  const auto each = [&] {
    ++inside;
    EXPECT_TRUE(soon([&] { return met || inside == 2; }));
    met = true;
    --inside;
  };
  Counter first(each), second(each);
  for (int i = 0; i < 5; ++i) {
    for (Counter* task : {&first, &second}) workers.wake(*task);
    std::this_thread::sleep_for(milliseconds(5));
  }
  wait_for(first.turns, 1);
  wait_for(second.turns, 1);
  workers.forget(first);
  workers.forget(second);
  EXPECT_EQ(first.most_at_once, 1);
  EXPECT_EQ(second.most_at_once, 1);
}

TEST(WorkersTest, WhatComesDuringATurnGetsAnother) {
  Workers workers(2);
  Workers* all = &workers;
  Counter* task = nullptr;
  int more = 100;
  Counter counter([&] {
    if (--more > 0) all->wake(*task);
  });
  task = &counter;
  workers.wake(counter);
  wait_for(counter.turns, 100);
  workers.forget(counter);
  EXPECT_EQ(counter.turns, 100);
  EXPECT_EQ(counter.most_at_once, 1);
}

TEST(WorkersTest, TurnsGoRoundFairly) {
  Workers workers(1);
  std::string order;
  std::vector<std::unique_ptr<Counter>> tasks;
  for (const char name : {'a', 'b', 'c'}) {
    tasks.push_back(std::make_unique<Counter>([&, name, place = tasks.size()] {
      order += name;
      // `a` always asks for more than one turn.
      for (int i = 0; i < (name == 'a' ? 5 : 1) && order.size() < 30; ++i) workers.wake(*tasks[place]);
    }));
  }
  std::atomic<bool> go = false;
  Counter gate([&] {
    while (!go) std::this_thread::yield();
  });
  workers.wake(gate);
  for (const auto& task : tasks) workers.wake(*task);
  go = true;
  wait_for(tasks[2]->turns, 10);
  for (const auto& task : tasks) workers.forget(*task);
  EXPECT_EQ(order.substr(0, 12), "abcabcabcabc");
}

TEST(WorkersTest, ForgettingWaitsForTheTurn) {
  Workers workers(1);
  std::atomic<int> entered = 0;
  Counter slow([&] {
    ++entered;
    std::this_thread::sleep_for(milliseconds(50));
  });
  workers.wake(slow);
  wait_for(entered, 1);
  workers.wake(slow);
  workers.forget(slow);
  EXPECT_EQ(slow.turns, 1) << "and it gets no other";
}

TEST(WorkersTest, TheirNumberMayChangeWhileTheyWork) {
  Workers workers(1);
  std::vector<std::unique_ptr<Counter>> tasks;
  for (int i = 0; i < 4; ++i)
    tasks.push_back(std::make_unique<Counter>([] { std::this_thread::sleep_for(milliseconds(1)); }));
  for (const int count : {4, 1, 3, 2, 1, 4}) {
    workers.resize(count);
    for (int i = 0; i < 10; ++i) {
      for (const auto& task : tasks) workers.wake(*task);
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  for (const auto& task : tasks) {
    wait_for(task->turns, 10);
    workers.forget(*task);
    EXPECT_EQ(task->most_at_once, 1);
  }
}

}  // namespace
}  // namespace mainstream
