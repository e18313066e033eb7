// The one queue between threads in this project.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "core/mutex.hpp"

namespace mainstream {

// How push behaves when the queue is full.
enum class WhenFull {
  wait,         // until there is room, or the queue is closed
  drop_oldest,  // drops the item that waited longest; counted in dropped()
};

// Holds at most `capacity` items and `max_bytes` of what push was told that they take; one item fits always.
// After close(), push returns false, and pop returns the remaining items, then nothing. All members may be
// called from any thread.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t capacity, WhenFull when_full,
               std::size_t max_bytes = std::numeric_limits<std::size_t>::max())
      : capacity_(capacity), max_bytes_(max_bytes), when_full_(when_full) {}

  // False when the queue is closed; the item is then lost.
  bool push(T item, std::size_t bytes = 0) {
    {
      const MutexLock lock(mutex_);
      while (when_full_ == WhenFull::wait && !closed_ && full(bytes)) has_room_.wait(mutex_);
      if (closed_) return false;
      while (full(bytes)) {
        (void)take();
        ++dropped_;
      }
      items_.push_back({std::move(item), bytes});
      bytes_ += bytes;
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

  // What push was told that the items take.
  [[nodiscard]] std::size_t bytes() const {
    const MutexLock lock(mutex_);
    return bytes_;
  }

  // Number of items that drop_oldest dropped since the queue was made.
  [[nodiscard]] std::uint64_t dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  std::optional<T> take() REQUIRES(mutex_) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front().item));
    bytes_ -= items_.front().bytes;
    items_.pop_front();
    return item;
  }
  [[nodiscard]] bool full(std::size_t bytes) const REQUIRES(mutex_) {
    return items_.size() >= capacity_ ||
           (!items_.empty() && (bytes > max_bytes_ || bytes_ > max_bytes_ - bytes));
  }

  struct Entry {
    T item;
    std::size_t bytes;
  };

  const std::size_t capacity_, max_bytes_;
  const WhenFull when_full_;
  CondVar has_item_, has_room_;

  mutable Mutex mutex_;
  std::deque<Entry> items_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;  // of all items
  bool closed_ GUARDED_BY(mutex_) = false;
  std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;
};

}  // namespace mainstream
