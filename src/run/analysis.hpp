// The analysis of one stream: newest frame -> scores -> events -> sinks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/event.hpp"
#include "run/app_events.hpp"
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
    std::string package;  // sha256 of its file, for the events; empty where it is not known
  };
  struct Options {
    std::string stream;  // its name in events
    std::vector<App> apps;
    std::optional<double> budget;   // busy milliseconds per second of stream
    std::vector<EventSink> sinks;   // all are given each event, in this order
    FrameLog* frame_log = nullptr;  // nothing is logged without one
    Clock* clock = &Clock::system();
  };

  Analysis(Options options, std::unique_ptr<StreamPlan> plan);

  // Takes frames until there are none, then closes the open events. What a sink or the engine throws ends it;
  // the open events are then closed as far as the sinks still take them.
  void run(Camera& camera);

  // The plan takes the place of the present one between two frames; one that was never reached is replaced.
  // Apps are the same, in the same order. Open events go on.
  void swap(std::unique_ptr<StreamPlan> plan);

  // What happened so far.
  [[nodiscard]] Statistics statistics() const;

 private:
  void take_new_plan();
  void plan_is_in_force();
  void count(const CameraFrame& frame);
  [[nodiscard]] bool wanted(MediaTime time);
  void analyse(const CameraFrame& frame);
  void judge(const VideoFrame& frame, std::size_t app, float score);
  void write(std::size_t app, const AppEvents::Closed& closed);
  [[nodiscard]] WallTime wall_time(MediaTime time) const;
  void close_events();

  const Options options_;
  std::unique_ptr<StreamPlan> plan_;
  std::optional<BudgetMeter> meter_;
  std::vector<AppEvents> events_;
  std::int64_t events_written_ = 0;
  std::vector<double> fps_;                           // of the apps in the plan
  std::chrono::system_clock::time_point wall_start_;  // of stream time 0
  // Of the frame in work; kept to save allocations.
  std::vector<float> scores_;
  FrameTimes times_;

  mutable std::mutex mutex_;  // protects what follows
  std::unique_ptr<StreamPlan> new_plan_;
  Statistics statistics_;
};

}  // namespace mainstream
