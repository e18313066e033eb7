// Analysis: which frames are analysed, what their scores mean, and where events go.
#include "run/analysis.hpp"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <utility>

#include "core/log.hpp"
#include "core/text.hpp"

namespace mainstream {

Analysis::Analysis(Options options, std::unique_ptr<StreamPlan> plan)
    : options_(std::move(options)), plan_(std::move(plan)) {
  if (options_.budget) meter_.emplace(*options_.budget);
  for (const App& app : options_.apps) events_.push_back({.detector = EventDetector(app.rule)});
  statistics_.apps.resize(options_.apps.size());
  begin_plan();
}

void Analysis::run(Camera& camera) {
  try {
    while (const auto frame = camera.next()) {
      take_new_plan();
      count(*frame);
      if (wanted(frame->frame.time)) analyse(*frame);
    }
  } catch (...) {
    camera.stop();
    const std::exception_ptr first = std::current_exception();
    try {
      close_events();
    } catch (const std::exception& error) {
      module_log("run")->error("cannot write the open events: {}", error.what());
    }
    std::rethrow_exception(first);
  }
  close_events();
}

void Analysis::swap(std::unique_ptr<StreamPlan> plan) {
  const MutexLock lock(mutex_);
  std::swap(new_plan_, plan);
}

Statistics Analysis::statistics() const {
  const MutexLock lock(mutex_);
  return statistics_;
}

void Analysis::take_new_plan() {
  std::unique_ptr<StreamPlan> plan;
  {
    const MutexLock lock(mutex_);
    plan = std::move(new_plan_);
  }
  if (!plan) return;
  plan->cadence.follow(plan_->cadence);
  std::swap(plan_, plan);
  begin_plan();
}

void Analysis::begin_plan() {
  for (std::size_t app = 0; app < events_.size(); ++app)
    events_[app].detector.set_votes(plan_->settings[app].votes);
  const MutexLock lock(mutex_);
  statistics_.begin_plan(plan_->number);
}

void Analysis::count(const CameraFrame& frame) {
  const MutexLock lock(mutex_);
  if (!statistics_.first) {
    const auto since_arrival = options_.clock->now() - frame.arrived;
    wall_start_ = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(since_arrival) -
                  frame.frame.time;
  }
  statistics_.count_taken(frame.frame.time, plan_->settings);
}

bool Analysis::wanted(MediaTime time) {
  if (!plan_->cadence.due(time)) return false;
  if (!meter_ || meter_->allows(time)) return true;
  const MutexLock lock(mutex_);
  ++statistics_.put_off;
  return false;
}

void Analysis::analyse(const CameraFrame& frame) {
  const auto due = plan_->cadence.take(frame.frame.time);
  scores_.resize(due.size());
  plan_->pipeline->run(frame.frame.picture, due, scores_, times_);
  if (meter_) meter_->charge(times_.busy_ms);
  for (std::size_t i = 0; i < due.size(); ++i) add_score(frame.frame, due[i], scores_[i]);
  if (options_.frame_log != nullptr) options_.frame_log->flush();
  const std::chrono::duration<double, std::milli> latency = options_.clock->now() - frame.arrived;
  const MutexLock lock(mutex_);
  statistics_.count_analysed(times_, latency.count());
}

void Analysis::add_score(const VideoFrame& frame, std::size_t app, float score) {
  const bool positive = score >= plan_->settings[app].threshold;  // never for NaN
  if (!std::isfinite(score) && !std::exchange(events_[app].said_not_finite, true)) {
    module_log("run")->error(
        "{}: frame {}: candidate {} of app {} answers with what is no number; it finds nothing on such "
        "frames",
        options_.stream, frame.index, plan_->settings[app].candidate, in_quotes(options_.apps[app].name));
  }
  if (options_.frame_log != nullptr) {
    options_.frame_log->add(frame, options_.apps[app].name, score, positive);
  }
  {
    const MutexLock lock(mutex_);
    ++statistics_.apps[app].frames;
    if (positive) ++statistics_.apps[app].positive;
  }
  follow_event(frame, app, score, positive);
}

void Analysis::follow_event(const VideoFrame& frame, std::size_t app, float score, bool positive) {
  Events& events = events_[app];
  if (const auto over = events.detector.add(frame.index, frame.time, score, positive)) write(app, *over);
  const EventDetector::Event* open = events.detector.open();
  if (open == nullptr || open->range.last != frame.index) return;
  events.setting = plan_->settings[app];
  events.plan = plan_->number;
}

void Analysis::write(std::size_t app, const EventDetector::Event& event) {
  {
    const MutexLock lock(mutex_);
    ++statistics_.apps[app].events;
  }
  const Setting& setting = events_[app].setting;
  const EventRecord record{.app = options_.apps[app].name,
                           .stream = options_.stream,
                           .id = fmt::format("{}-{}", options_.stream, ++events_written_),
                           .frames = event.range,
                           .start_seconds = seconds(event.start),
                           .end_seconds = seconds(event.end),
                           .start_time = wall_time(event.start),
                           .end_time = wall_time(event.end),
                           .peak_score = event.peak,
                           .seen = event.seen,
                           .positive = event.positive,
                           .confirmed_frame = event.confirmed_frame,
                           .branchpoint = setting.branchpoint,
                           .fps = setting.fps,
                           .votes = setting.votes,
                           .candidate = setting.candidate,
                           .package = options_.apps[app].package,
                           .plan = events_[app].plan};
  for (const EventSink& sink : options_.sinks) sink(record);
}

WallTime Analysis::wall_time(MediaTime time) const {
  return std::chrono::floor<std::chrono::milliseconds>(wall_start_ + time);
}

void Analysis::close_events() {
  for (std::size_t app = 0; app < events_.size(); ++app) {
    if (const auto event = events_[app].detector.finish()) write(app, *event);
  }
}

}  // namespace mainstream
