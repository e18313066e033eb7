// The threads that analyse frames.
#pragma once

#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "core/mutex.hpp"

namespace mainstream {

// Threads that take turns at tasks. A task is in the hands of one worker at a time, and tasks with work get
// their turns in the order in which they asked, so that none waits for another's second turn. All members may
// be called from any thread but a worker's.
class Workers {
 public:
  class Task {
   public:
    virtual ~Task() = default;
    // Does one piece of work, or none if there is none. Does not throw.
    virtual void work() = 0;
  };

  explicit Workers(int count) { resize(count); }
  ~Workers() { resize(0); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // The task has work: it gets a turn, after this one if a worker is at it. A worker may call it, too.
  void wake(Task& task);
  // It gets no more turns; returns when no worker is at it.
  void forget(Task& task);

  // Ends threads when their present work is done, or starts more.
  void resize(int count);

 private:
  enum class State { waiting, working, working_with_more_to_do, forgotten };

  void run(std::size_t worker);

  Mutex resizing_;
  std::vector<std::jthread> threads_ GUARDED_BY(resizing_);

  Mutex mutex_;
  CondVar has_turn_, is_done_;
  std::deque<Task*> turns_ GUARDED_BY(mutex_);
  std::map<Task*, State> states_ GUARDED_BY(mutex_);  // of tasks that wait or are worked at
  std::size_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mainstream
