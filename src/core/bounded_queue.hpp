// The one queue between threads in this project.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace mainstream {

// What push does when the queue is full.
enum class WhenFull {
  wait,         // until there is room, or the queue is closed
  drop_oldest,  // makes room by throwing away what waited longest; counted in dropped()
};

// Holds at most `capacity` items. After close(), push returns false and pop hands out what is
// left and then nothing. All members may be called from any thread.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t capacity, WhenFull when_full) : capacity_(capacity), when_full_(when_full) {}

  // False when the queue is closed; the item is gone then.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    if (when_full_ == WhenFull::wait) {
      has_room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    }
    if (closed_) return false;
    while (items_.size() >= capacity_) {
      items_.pop_front();
      ++dropped_;
    }
    items_.push_back(std::move(item));
    lock.unlock();
    has_item_.notify_one();
    return true;
  }

  // Waits for an item; nothing when the queue is closed and empty.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    has_item_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return take(lock);
  }

  // Like pop, but does not wait: nothing when there is nothing now.
  [[nodiscard]] std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take(lock);
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    has_item_.notify_all();
    has_room_.notify_all();
  }

  // Items thrown away by drop_oldest since the queue was made.
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    has_room_.notify_one();
    return item;
  }

  const std::size_t capacity_;
  const WhenFull when_full_;
  std::condition_variable has_item_, has_room_;

  mutable std::mutex mutex_;  // protects what follows
  std::deque<T> items_;
  bool closed_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace mainstream
