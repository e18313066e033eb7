// A mutex that clang checks: a member marked GUARDED_BY(mutex_) is used only while mutex_ is held, a function
// marked REQUIRES(mutex_) is called only then, or the build fails (-Wthread-safety). Other compilers ignore
// the marks.
//
// Clang does not look into a lambda with its caller's locks, so a wait has no predicate: it is a loop.
//
//   const MutexLock lock(mutex_);
//   while (!closed_ && items_.empty()) has_item_.wait(mutex_);
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define THREAD_ANNOTATION(attribute) __attribute__((attribute))
#else
#define THREAD_ANNOTATION(attribute)
#endif

#define GUARDED_BY(mutex) THREAD_ANNOTATION(guarded_by(mutex))
#define REQUIRES(mutex) THREAD_ANNOTATION(requires_capability(mutex))

namespace mainstream {

class THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for its own lifetime.
class THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// The caller holds the mutex; it is free while a thread waits, and held again afterwards. A wait may also end
// without a notification.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when the wait ended because `time` has come.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point time) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_until(lock, time);
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace mainstream
