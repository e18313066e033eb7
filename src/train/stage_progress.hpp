// Progress of one stage of a training.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "mainstream/trainer.hpp"

namespace mainstream {

// Counts finished items; callable from several threads.
class StageProgress {
 public:
  // `options` must outlive it.
  StageProgress(const TrainOptions& options, std::string stage, std::size_t total)
      : report_(options.report), stage_(std::move(stage)), total_(total) {}

  void add(const std::string& note = {}) {
    if (!report_) return;
    const std::lock_guard lock(mutex_);
    report_({stage_, ++done_, total_, note});
  }

 private:
  const std::function<void(const TrainProgress&)>& report_;
  const std::string stage_;
  const std::size_t total_;
  std::mutex mutex_;  // guards the members below, and the calls
  std::uint64_t done_ = 0;
};

}  // namespace mainstream
