// The analysis of one stem: frames -> scores -> events -> sink.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/event.hpp"
#include "run/budget_meter.hpp"
#include "run/camera.hpp"
#include "run/frame_log.hpp"
#include "run/statistics.hpp"
#include "run/stem_plan.hpp"

namespace mainstream {

using EventSink = std::function<void(const EventRecord&)>;

// What the analyses of one node or run share. It outlives them.
struct AnalysisContext {
  int threads = 1;               // of the engine: what a busy millisecond takes of the cores
  BudgetMeter* meter = nullptr;  // optional
  // Whether the meter goes by the clock; else by the time of the stream, which is then the only one.
  bool metered_by_clock = false;
  EventSink sink;                 // called by any worker
  FrameLog* frame_log = nullptr;  // optional, for a single stem
  Clock* clock = &Clock::system();
  std::atomic<std::int64_t> last_event = 0;  // number of the latest event
};

// One thread at a time calls add(), take_new_plan() and finish(); swap() and statistics() may be called from
// any other.
class Analysis {
 public:
  Analysis(AnalysisContext& context, std::string stream, std::unique_ptr<StemPlan> plan);

  // Takes one more frame of the stream; `replaced` others came since the last one and were not taken. Throws
  // what the sink or the engine throws.
  void add(const CameraFrame& frame, std::int64_t replaced = 0);
  // Closes the open events, at the end of the stream.
  void finish();

  // Replaces the present plan before the next frame, and a plan that still waits for that at once. The open
  // events of apps that both have go on; those of others are closed.
  void swap(std::unique_ptr<StemPlan> plan);
  // The same without a frame.
  void take_new_plan();

  [[nodiscard]] Statistics statistics() const;  // so far

 private:
  // An app's events, and what the app ran at the last frame of the open one.
  struct Events {
    EventDetector detector;
    Setting setting = {};
    std::string package = {};
    int plan = 0;  // its number
    // Wall times: of the first in the run of positive frames up to now, and of the open event.
    std::chrono::system_clock::time_point run_start = {}, start = {}, end = {};
    bool positive = false;                   // the newest frame
    std::optional<std::int64_t> first = {};  // the open event's first frame
    bool said_not_finite = false;            // that its network answers with what is no number
  };

  void begin_plan(const StemPlan* previous);
  void count(const CameraFrame& frame, std::int64_t replaced);
  [[nodiscard]] bool wanted(MediaTime time);
  void analyse(const CameraFrame& frame);
  void add_score(const CameraFrame& frame, std::size_t app, float score);
  [[nodiscard]] bool follow_event(const CameraFrame& frame, std::size_t app, float score, bool positive);
  void write(const std::string& id, const Events& events, const EventDetector::Event& event);

  AnalysisContext& context_;
  const std::string stream_;
  std::unique_ptr<StemPlan> plan_;
  std::vector<double> fps_;     // by app
  std::vector<Events> events_;  // by app
  // Of the present frame; members to save allocations.
  std::vector<float> scores_;
  FrameTimes times_;

  mutable Mutex mutex_;
  std::unique_ptr<StemPlan> new_plan_ GUARDED_BY(mutex_);
  Statistics statistics_ GUARDED_BY(mutex_);
};

}  // namespace mainstream
