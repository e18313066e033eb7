// The analysis of one stem: frames -> scores -> events -> sink.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/event.hpp"
#include "mainstream/media.hpp"
#include "run/budget_meter.hpp"
#include "run/camera.hpp"
#include "run/frame_log.hpp"
#include "run/near_miss.hpp"
#include "run/statistics.hpp"
#include "run/stem_plan.hpp"

namespace mainstream {

// A record of an event on its way to the sinks, with the picture of its peak frame if that is new.
struct RaisedEvent {
  EventRecord record;
  std::optional<Picture> picture = {};
};

// Gives the id of an event that begins on a stream.
using EventIds = std::function<std::string(const std::string& stream)>;
// "gate-8", "yard-9", ..: numbered from `after` + 1 on over all streams.
[[nodiscard]] EventIds numbered_event_ids(std::int64_t after = 0);

// What the analyses of one node or run share. It outlives them.
struct AnalysisContext {
  int threads = 1;               // of the engine: what a busy millisecond takes of the cores
  BudgetMeter* meter = nullptr;  // optional
  // Whether the meter goes by the clock; else by the time of the stream, which is then the only one.
  bool metered_by_clock = false;
  std::function<void(RaisedEvent)> sink;  // called by any worker
  EventIds new_event_id = numbered_event_ids();
  // Whether records tell that events begin and go on, with pictures, and of near misses; else there is one of
  // each finished event.
  bool tells_changes = false;
  FrameLog* frame_log = nullptr;  // optional, for a single stem
  Clock* clock = &Clock::system();
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
  // What may be wanted later of a frame.
  struct KeptFrame {
    std::int64_t index = 0;
    std::chrono::system_clock::time_point wall_time{};
    std::optional<Picture> picture = {};
  };
  // What the sink was told of the open event.
  struct Told {
    std::string id;  // empty: nothing yet
    MediaTime at{};
    std::int64_t last = 0;
    float peak = 0;
    std::optional<std::int64_t> shown = {};  // the frame of its newest picture
    float shown_peak = 0;
  };
  // An app's events, and what the app ran at the last frame of the open one.
  struct Events {
    EventDetector detector;
    StemPlan::App ran = {};
    int plan = 0;  // its number
    std::chrono::system_clock::time_point end = {};
    std::vector<KeptFrame> kept = {};  // first and peak frames, of what is and what may be
    Told told = {};
    NearMiss near = {};
    bool said_not_finite = false;  // that its network gave a score that is not finite
  };

  void begin_plan(std::span<const StemPlan::App> previous);
  void count(const CameraFrame& frame, std::int64_t replaced);
  [[nodiscard]] bool wanted(MediaTime time);
  void analyse(const CameraFrame& frame);
  void add_score(const CameraFrame& frame, std::size_t app, float score);
  [[nodiscard]] bool follow_event(const CameraFrame& frame, std::size_t app, float score, bool positive);
  void follow_near_miss(const CameraFrame& frame, std::size_t app, float score, bool positive);
  void tell(std::optional<NearMiss::Found> near);
  void keep(const CameraFrame& frame, Events& events) const;
  void tell_change(MediaTime now, Events& events);
  void close(const std::string& id, Events& events, const EventDetector::Event& event);
  [[nodiscard]] EventRecord record(const Events& events, const EventDetector::Event& event) const;
  [[nodiscard]] EventRecord record_of(const StemPlan::App& ran, int plan) const;
  void tell(EventChange change, Events& events, const EventDetector::Event& event);

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
