#include "run/analysis.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "core/log.hpp"

namespace mainstream {

Analysis::Analysis(Options options, std::unique_ptr<StreamPlan> plan)
    : options_(std::move(options)), plan_(std::move(plan)), fps_(options_.apps.size()) {
  if (options_.budget) meter_.emplace(*options_.budget);
  for (const App& app : options_.apps) events_.emplace_back(app.rule);
  statistics_.apps.resize(options_.apps.size());
  plan_is_in_force();
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
      module_log("run")->error("open events could not be written: {}", error.what());
    }
    std::rethrow_exception(first);
  }
  close_events();
}

void Analysis::swap(std::unique_ptr<StreamPlan> plan) {
  const std::lock_guard lock(mutex_);
  std::swap(new_plan_, plan);
}

Statistics Analysis::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

void Analysis::take_new_plan() {
  std::unique_ptr<StreamPlan> plan;
  {
    const std::lock_guard lock(mutex_);
    plan = std::move(new_plan_);
  }
  if (!plan) return;
  plan->cadence.follow(plan_->cadence);
  std::swap(plan_, plan);
  plan_is_in_force();
}

void Analysis::plan_is_in_force() {
  for (std::size_t app = 0; app < options_.apps.size(); ++app) {
    fps_[app] = plan_->apps[app].fps;
    events_[app].set_running({.branchpoint = plan_->apps[app].branchpoint,
                              .fps = fps_[app],
                              .votes = options_.apps[app].rule.votes,
                              .candidate = {},
                              .plan = plan_->number});
  }
  const std::lock_guard lock(mutex_);
  statistics_.begin_plan(plan_->number);
}

void Analysis::count(const CameraFrame& frame) {
  const std::lock_guard lock(mutex_);
  if (!statistics_.first) {
    const auto since_arrival = options_.clock->now() - frame.arrived;
    wall_start_ = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(since_arrival) -
                  frame.frame.time;
  }
  statistics_.count_taken(frame.frame.time, fps_);
}

bool Analysis::wanted(MediaTime time) {
  if (!plan_->cadence.due(time)) return false;
  if (!meter_ || meter_->allows(time)) return true;
  const std::lock_guard lock(mutex_);
  ++statistics_.put_off;
  return false;
}

void Analysis::analyse(const CameraFrame& frame) {
  const auto due = plan_->cadence.take(frame.frame.time);
  scores_.resize(due.size());
  plan_->pipeline->run(frame.frame.picture, due, scores_, times_);
  if (meter_) meter_->charge(times_.busy_ms);
  for (std::size_t i = 0; i < due.size(); ++i) judge(frame.frame, due[i], scores_[i]);
  if (options_.frame_log != nullptr) options_.frame_log->flush();
  const std::chrono::duration<double, std::milli> latency = options_.clock->now() - frame.arrived;
  const std::lock_guard lock(mutex_);
  statistics_.count_analysed(times_, latency.count());
}

void Analysis::judge(const VideoFrame& frame, std::size_t app, float score) {
  const bool positive = score >= plan_->apps[app].threshold;
  if (options_.frame_log != nullptr) {
    options_.frame_log->add(frame, options_.apps[app].name, score, positive);
  }
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.apps[app].frames;
    if (positive) ++statistics_.apps[app].positive;
  }
  if (const auto closed = events_[app].add(frame.index, frame.time, score, positive)) write(app, *closed);
}

void Analysis::write(std::size_t app, const AppEvents::Closed& closed) {
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.apps[app].events;
  }
  const EventRecord record{.app = options_.apps[app].name,
                           .stream = options_.stream,
                           .id = fmt::format("{}-{}", options_.stream, ++events_written_),
                           .frames = closed.event.range,
                           .start_seconds = seconds(closed.start),
                           .end_seconds = seconds(closed.end),
                           .start_time = wall_time(closed.start),
                           .end_time = wall_time(closed.end),
                           .peak_score = closed.event.peak,
                           .seen = closed.event.seen,
                           .positive = closed.event.positive,
                           .confirmed_frame = closed.event.confirmed_frame,
                           .branchpoint = closed.running.branchpoint,
                           .fps = closed.running.fps,
                           .votes = closed.running.votes,
                           .candidate = closed.running.candidate,
                           .package = options_.apps[app].package,
                           .plan = closed.running.plan};
  for (const EventSink& sink : options_.sinks) sink(record);
}

WallTime Analysis::wall_time(MediaTime time) const {
  return std::chrono::floor<std::chrono::milliseconds>(wall_start_ + time);
}

void Analysis::close_events() {
  for (std::size_t app = 0; app < events_.size(); ++app) {
    if (const auto closed = events_[app].finish()) write(app, *closed);
  }
}

}  // namespace mainstream
