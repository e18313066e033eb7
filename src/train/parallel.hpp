// Independent work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mainstream {

// Runs work(0) .. work(count - 1), at most `threads` at a time. When one throws, no new one starts, and the
// first exception is rethrown after the running ones have ended.
inline void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    const std::size_t others = std::min(count, static_cast<std::size_t>(std::max(1, threads)));
    for (std::size_t i = 1; i < others; ++i) workers.emplace_back(run);
    run();
  }
  if (first) std::rethrow_exception(first);
}

// Threads that together keep within `memory` when each needs `each`, in bytes: 1 to `threads`.
[[nodiscard]] inline int threads_within(std::uint64_t memory, std::uint64_t each, int threads) {
  const std::uint64_t many = memory / std::max<std::uint64_t>(1, each);
  return static_cast<int>(
      std::clamp<std::uint64_t>(many, 1, static_cast<std::uint64_t>(std::max(1, threads))));
}

}  // namespace mainstream
