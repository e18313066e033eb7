#include "run/workers.hpp"

#include <algorithm>

namespace mainstream {

void Workers::wake(Task& task) {
  const MutexLock lock(mutex_);
  const auto [state, is_new] = states_.try_emplace(&task, State::waiting);
  if (is_new) {
    turns_.push_back(&task);
    has_turn_.notify_one();
  } else if (state->second == State::working) {
    state->second = State::working_with_more_to_do;
  }
}

void Workers::forget(Task& task) {
  const MutexLock lock(mutex_);
  std::erase(turns_, &task);
  const auto state = states_.find(&task);
  if (state == states_.end()) return;
  if (state->second == State::waiting) {
    states_.erase(state);
    return;
  }
  state->second = State::forgotten;
  while (states_.contains(&task)) is_done_.wait(mutex_);
}

void Workers::resize(int count) {
  const MutexLock resizing(resizing_);
  const auto wanted = static_cast<std::size_t>(std::max(count, 0));
  {
    const MutexLock lock(mutex_);
    count_ = wanted;
    has_turn_.notify_all();
  }
  if (wanted < threads_.size()) threads_.resize(wanted);  // joins the others
  while (threads_.size() < wanted) {
    threads_.emplace_back([this, worker = threads_.size()] { run(worker); });
  }
}

void Workers::run(std::size_t worker) {
  while (true) {
    Task* task = nullptr;
    {
      const MutexLock lock(mutex_);
      while (worker < count_ && turns_.empty()) has_turn_.wait(mutex_);
      if (worker >= count_) {
        if (!turns_.empty()) has_turn_.notify_one();  // this thread may have been woken for it
        return;
      }
      task = turns_.front();
      turns_.pop_front();
      states_[task] = State::working;
    }
    task->work();
    const MutexLock lock(mutex_);
    State& state = states_[task];
    if (state == State::working_with_more_to_do) {
      state = State::waiting;
      turns_.push_back(task);
      has_turn_.notify_one();
    } else {
      states_.erase(task);
      is_done_.notify_all();
    }
  }
}

}  // namespace mainstream
