// Sets the number of OpenMP threads for the calling thread's primitives.
#pragma once

#include <omp.h>

namespace mainstream {

// oneDNN asks OpenMP for the calling thread's number of threads, both when it plans a primitive and when it
// runs one. The number belongs to the calling thread, so two engines on two threads do not interfere.
class ThreadScope {
 public:
  explicit ThreadScope(int threads) : before_(omp_get_max_threads()) {
    if (threads != before_) omp_set_num_threads(threads);
  }
  ~ThreadScope() {
    if (omp_get_max_threads() != before_) omp_set_num_threads(before_);
  }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  const int before_;
};

}  // namespace mainstream
