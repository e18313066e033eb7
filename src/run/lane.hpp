// One stem's frames on their way to a worker.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>

#include "core/bounded_queue.hpp"
#include "core/mutex.hpp"
#include "mainstream/runner.hpp"
#include "run/analysis.hpp"
#include "run/workers.hpp"

namespace mainstream {

// Frames are analysed one after the other, in their order. Live, the newest frame waits in a slot until a
// worker is free, and replaces one that waits there; so a frame waits for little more than the work that
// others have asked for before. With Pace::all every frame is analysed, and whoever brings it waits. All
// members may be called from any thread.
class Lane : public Workers::Task {
 public:
  // Context and workers outlive the lane.
  Lane(AnalysisContext& context, Workers& workers, Pace pace, std::string stream,
       std::unique_ptr<StemPlan> plan);
  ~Lane() override;

  // False when the lane takes no more frames: it ended or failed.
  bool offer(CameraFrame frame);
  // Replaces the plan between two frames, as Analysis::swap.
  void swap(std::unique_ptr<StemPlan> plan);
  // No frame comes any more: after those that wait, the open events are closed.
  void end();
  // Waits for that, which needs a worker; false when `time` came first.
  bool wait_until_over(
      std::chrono::steady_clock::time_point time = std::chrono::steady_clock::time_point::max());
  [[nodiscard]] bool over() const;
  // What ended the lane before its time, if something did: an error of the engine or of the sink.
  [[nodiscard]] std::exception_ptr failure() const;

  [[nodiscard]] Statistics statistics() const { return analysis_.statistics(); }
  // Frames that a newer one replaced.
  [[nodiscard]] std::int64_t replaced() const { return static_cast<std::int64_t>(frames_.dropped()); }

 private:
  void work() override;
  bool take_turn();
  void close(std::exception_ptr failure);

  Workers& workers_;
  BoundedQueue<CameraFrame> frames_;
  Analysis analysis_;
  std::int64_t replaced_before_ = 0;  // for the worker: at the last frame

  mutable Mutex mutex_;
  CondVar is_over_;
  bool ended_ GUARDED_BY(mutex_) = false, over_ GUARDED_BY(mutex_) = false;
  std::exception_ptr failure_ GUARDED_BY(mutex_);
};

}  // namespace mainstream
