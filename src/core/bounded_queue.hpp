// The one queue between threads in this project.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "core/mutex.hpp"

namespace mainstream {

// How push behaves when the queue is full.
enum class WhenFull {
  wait,         // until there is room, or the queue is closed
  drop_oldest,  // drops the item that waited longest; counted in dropped()
};

// Holds at most `capacity` items. After close(), push returns false, and pop returns the remaining items,
// then nothing. All members may be called from any thread.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t capacity, WhenFull when_full) : capacity_(capacity), when_full_(when_full) {}

  // False when the queue is closed; the item is then lost.
  bool push(T item) {
    {
      const MutexLock lock(mutex_);
      while (when_full_ == WhenFull::wait && !closed_ && items_.size() >= capacity_) has_room_.wait(mutex_);
      if (closed_) return false;
      while (items_.size() >= capacity_) {
        items_.pop_front();
        ++dropped_;
      }
      items_.push_back(std::move(item));
    }
    has_item_.notify_one();
    return true;
  }

  // Waits for an item; nothing when the queue is closed and empty.
  [[nodiscard]] std::optional<T> pop() {
    std::optional<T> item;
    {
      const MutexLock lock(mutex_);
      while (!closed_ && items_.empty()) has_item_.wait(mutex_);
      item = take();
    }
    if (item) has_room_.notify_one();
    return item;
  }

  // Like pop, but does not wait: nothing when the queue is empty now.
  [[nodiscard]] std::optional<T> try_pop() {
    std::optional<T> item;
    {
      const MutexLock lock(mutex_);
      item = take();
    }
    if (item) has_room_.notify_one();
    return item;
  }

  void close() {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    has_item_.notify_all();
    has_room_.notify_all();
  }

  // Number of items that drop_oldest dropped since the queue was made.
  [[nodiscard]] std::uint64_t dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  std::optional<T> take() REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  const std::size_t capacity_;
  const WhenFull when_full_;
  CondVar has_item_, has_room_;

  mutable Mutex mutex_;
  std::deque<T> items_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mainstream
