// The analysis of one stream: frames -> scores -> events -> sinks.
#pragma once

#include <chrono>
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
#include "run/stream_plan.hpp"

namespace mainstream {

using EventSink = std::function<void(const EventRecord&)>;

// One thread calls run(); swap() and statistics() may be called from any other.
class Analysis {
 public:
  struct App {
    std::string name;
    EventRule rule;
    std::string package;  // sha256 of its file, for the events; empty: not known
  };
  struct Options {
    std::string stream;  // its name in events
    std::vector<App> apps;
    std::optional<double> budget;   // busy milliseconds per second of stream
    std::vector<EventSink> sinks;   // each event goes to all, in this order
    FrameLog* frame_log = nullptr;  // optional
    Clock* clock = &Clock::system();
  };

  Analysis(Options options, std::unique_ptr<StreamPlan> plan);

  // Takes frames until there are none, then closes the open events. An exception of a sink or the engine ends
  // it and is rethrown; the open events are closed first, as far as the sinks still take them.
  void run(Camera& camera);

  // Replaces the present plan before the next frame, and a plan that still waits for that at once. It has the
  // same apps in the same order. Open events go on.
  void swap(std::unique_ptr<StreamPlan> plan);

  [[nodiscard]] Statistics statistics() const;  // so far

 private:
  // An app's events, and what the app ran at the last frame of the open one.
  struct Events {
    EventDetector detector;
    Setting setting = {};
    int plan = 0;                  // its number
    bool said_not_finite = false;  // that its network answers with what is no number
  };

  void take_new_plan();
  void begin_plan();
  void count(const CameraFrame& frame);
  [[nodiscard]] bool wanted(MediaTime time);
  void analyse(const CameraFrame& frame);
  void add_score(const VideoFrame& frame, std::size_t app, float score);
  void follow_event(const VideoFrame& frame, std::size_t app, float score, bool positive);
  void write(std::size_t app, const EventDetector::Event& event);
  [[nodiscard]] WallTime wall_time(MediaTime time) const;
  void close_events();

  const Options options_;
  std::unique_ptr<StreamPlan> plan_;
  std::optional<BudgetMeter> meter_;
  std::vector<Events> events_;  // by app
  std::int64_t events_written_ = 0;
  std::chrono::system_clock::time_point wall_start_;  // at stream time 0
  // Of the present frame; members to save allocations.
  std::vector<float> scores_;
  FrameTimes times_;

  mutable Mutex mutex_;
  std::unique_ptr<StreamPlan> new_plan_ GUARDED_BY(mutex_);
  Statistics statistics_ GUARDED_BY(mutex_);
};

}  // namespace mainstream
