#include "run/lane.hpp"

#include <utility>

#include "core/log.hpp"

namespace mainstream {
namespace {

// Frames that wait for an analysis that wants all of them: enough to keep decoder and worker busy.
constexpr std::size_t kWaiting = 2;

}  // namespace

Lane::Lane(AnalysisContext& context, Workers& workers, Pace pace, std::string stream,
           std::unique_ptr<StemPlan> plan)
    : workers_(workers),
      frames_(pace == Pace::live ? 1 : kWaiting, pace == Pace::live ? WhenFull::drop_oldest : WhenFull::wait),
      analysis_(context, std::move(stream), std::move(plan)) {}

Lane::~Lane() {
  frames_.close();
  workers_.forget(*this);
}

bool Lane::offer(CameraFrame frame) {
  if (!frames_.push(std::move(frame))) return false;
  workers_.wake(*this);
  return true;
}

void Lane::swap(std::unique_ptr<StemPlan> plan) {
  analysis_.swap(std::move(plan));
  workers_.wake(*this);
}

void Lane::end() {
  {
    const MutexLock lock(mutex_);
    ended_ = true;
  }
  frames_.close();
  workers_.wake(*this);
}

bool Lane::wait_until_over(std::chrono::steady_clock::time_point time) {
  const MutexLock lock(mutex_);
  while (!over_ && std::chrono::steady_clock::now() < time) is_over_.wait_until(mutex_, time);
  return over_;
}

bool Lane::over() const {
  const MutexLock lock(mutex_);
  return over_;
}

std::exception_ptr Lane::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

void Lane::work() {
  if (over()) return;
  try {
    if (take_turn()) workers_.wake(*this);
  } catch (...) {
    const std::exception_ptr failure = std::current_exception();
    frames_.close();
    while (frames_.try_pop()) continue;
    try {
      analysis_.finish();
    } catch (const std::exception& error) {
      module_log("run").error("cannot close the open events: {}", error.what());
    }
    close(failure);
  }
}

// One frame, or the end; whether there may be more to do.
bool Lane::take_turn() {
  bool ended = false;
  {
    const MutexLock lock(mutex_);
    ended = ended_;  // no frame comes after it: if there is none now, there is none any more
  }
  if (const auto frame = frames_.try_pop()) {
    const std::int64_t all = replaced();
    analysis_.add(*frame, all - std::exchange(replaced_before_, all));
    return true;
  }
  analysis_.take_new_plan();
  if (!ended) return false;
  analysis_.finish();
  close(nullptr);
  return false;
}

void Lane::close(std::exception_ptr failure) {
  const MutexLock lock(mutex_);
  failure_ = std::move(failure);
  over_ = true;
  is_over_.notify_all();
}

}  // namespace mainstream
