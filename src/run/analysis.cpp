// Analysis: which frames are analysed, what their scores mean, and where events go.
#include "run/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "core/log.hpp"
#include "core/text.hpp"

namespace mainstream {
namespace {

// An event that goes on is told of at most this often, in time of the stream.
constexpr MediaTime kBetweenUpdates = std::chrono::seconds(1);
// A peak that is this much higher is worth another picture while the event goes on.
constexpr float kClearlyHigher = 0.05F;

WallTime in_ms(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

}  // namespace

EventIds numbered_event_ids(std::int64_t after) {
  return [last = std::make_shared<std::atomic<std::int64_t>>(after)](const std::string& stream) {
    return fmt::format("{}-{}", stream, ++*last);
  };
}

Analysis::Analysis(AnalysisContext& context, std::string stream, std::unique_ptr<StemPlan> plan)
    : context_(context), stream_(std::move(stream)), plan_(std::move(plan)) {
  begin_plan({});
}

void Analysis::add(const CameraFrame& frame, std::int64_t replaced) {
  take_new_plan();
  count(frame, replaced);
  if (wanted(frame.frame.time)) analyse(frame);
}

void Analysis::swap(std::unique_ptr<StemPlan> plan) {
  const MutexLock lock(mutex_);
  std::swap(new_plan_, plan);
}

Statistics Analysis::statistics() const {
  const MutexLock lock(mutex_);
  return statistics_;
}

void Analysis::take_new_plan() {
  std::unique_ptr<StemPlan> plan;
  {
    const MutexLock lock(mutex_);
    plan = std::move(new_plan_);
  }
  if (!plan) return;
  plan->cadence.follow(plan_->cadence);
  std::swap(plan_, plan);
  begin_plan(plan->apps);
}

// Apps are the same in two plans by their ids. What the apps of the `previous` plan have open is kept or
// closed.
void Analysis::begin_plan(std::span<const StemPlan::App> previous) {
  std::vector<Events> before = std::exchange(events_, {});
  std::vector<std::string> ids;
  fps_.clear();
  for (const StemPlan::App& app : plan_->apps) {
    ids.push_back(app.id);
    fps_.push_back(app.setting.fps);
  }
  for (const StemPlan::App& app : plan_->apps) {
    EventRule rule = app.rule;
    rule.votes = app.setting.votes;
    const auto same = std::ranges::find(previous, app.id, &StemPlan::App::id);
    if (same == previous.end()) {
      events_.push_back({.detector = EventDetector(rule)});
    } else {
      events_.push_back(std::move(before[static_cast<std::size_t>(same - previous.begin())]));
      events_.back().detector.set_rule(rule);
    }
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (std::ranges::find(ids, previous[i].id) != ids.end()) continue;
    if (const auto event = before[i].detector.finish()) close(previous[i].id, before[i], *event);
  }
  const MutexLock lock(mutex_);
  statistics_.begin_plan(plan_->number, ids);
}

void Analysis::count(const CameraFrame& frame, std::int64_t replaced) {
  const MutexLock lock(mutex_);
  statistics_.count_taken(frame.frame.time, replaced, fps_);
}

bool Analysis::wanted(MediaTime time) {
  if (!plan_->cadence.due(time)) return false;
  if (context_.meter == nullptr) return true;
  const auto now = context_.metered_by_clock
                       ? std::chrono::duration_cast<MediaTime>(context_.clock->now().time_since_epoch())
                       : time;
  if (context_.meter->allows(now)) return true;
  const MutexLock lock(mutex_);
  statistics_.count_put_off();
  return false;
}

void Analysis::analyse(const CameraFrame& frame) {
  const auto due = plan_->cadence.take(frame.frame.time);
  scores_.resize(due.size());
  plan_->pipeline->run(frame.frame.picture, due, scores_, times_);
  if (context_.meter != nullptr) context_.meter->charge(times_.busy_ms * context_.threads);
  for (std::size_t i = 0; i < due.size(); ++i) add_score(frame, due[i], scores_[i]);
  if (context_.frame_log != nullptr) context_.frame_log->flush();
  const std::chrono::duration<double, std::milli> latency = context_.clock->now() - frame.arrived;
  const MutexLock lock(mutex_);
  statistics_.count_analysed(times_, context_.threads, latency.count());
}

void Analysis::add_score(const CameraFrame& frame, std::size_t app, float score) {
  const StemPlan::App& planned = plan_->apps[app];
  const bool positive = score >= planned.setting.threshold;  // never for NaN
  if (!std::isfinite(score) && !std::exchange(events_[app].said_not_finite, true)) {
    module_log("run").error(
        "{}: frame {}: candidate {} of app {} gives a score that is not finite; such frames count as "
        "negative",
        stream_, frame.frame.index, planned.setting.candidate, in_quotes(planned.id));
  }
  if (context_.frame_log != nullptr) context_.frame_log->add(frame.frame, planned.id, score, positive);
  const bool open = follow_event(frame, app, score, positive);
  const MutexLock lock(mutex_);
  Statistics::App& counts = statistics_.apps[app];
  ++counts.frames;
  if (positive) ++counts.positive;
  ScoresSeen& seen = statistics_.present.scores[app];
  if (std::isfinite(score)) ++seen.counts[score_bin(score)];
  if (positive) ++seen.positive;
  counts.last_score = score;
  counts.votes = events_[app].detector.votes();
  counts.event_open = open;
}

// Whether an event is open.
bool Analysis::follow_event(const CameraFrame& frame, std::size_t app, float score, bool positive) {
  Events& events = events_[app];
  const std::int64_t index = frame.frame.index;
  if (const auto over = events.detector.add(index, frame.frame.time, score, positive)) {
    close(plan_->apps[app].id, events, *over);
  }
  keep(frame, events);
  const EventDetector::Event* open = events.detector.open();
  if (open == nullptr) {
    if (context_.tells_changes) follow_near_miss(frame, app, score, positive);
    return false;
  }
  events.near.event_at(open->start, open->end);
  if (open->range.last == index) {
    events.end = frame.wall_time;
    events.ran = plan_->apps[app];
    events.plan = plan_->number;
  }
  if (context_.tells_changes) tell_change(frame.frame.time, events);
  return true;
}

// Only where no event is open, so take() never gives a frame that the merge gap may still add to one.
void Analysis::follow_near_miss(const CameraFrame& frame, std::size_t app, float score, bool positive) {
  const StemPlan::App& planned = plan_->apps[app];
  NearMiss& near = events_[app].near;
  if (near.wants(score, planned.setting.threshold)) {
    EventRecord record = record_of(planned, plan_->number);
    const std::int64_t index = frame.frame.index;
    record.frames = {index, index};
    record.start_seconds = record.end_seconds = seconds(frame.frame.time);
    record.start_time = record.end_time = in_ms(frame.wall_time);
    record.peak_score = score;
    record.seen = 1;
    record.positive = positive ? 1 : 0;
    record.peak_frame = index;
    near.keep({std::move(record), frame.frame.time, frame.frame.picture});
  }
  tell(near.take(frame.frame.time));
}

void Analysis::tell(std::optional<NearMiss::Found> near) {
  if (!near) return;
  near->record.id = context_.new_event_id(stream_);
  near->record.change = EventChange::nearly;
  context_.sink({std::move(near->record), std::move(near->picture)});
}

// Keeps of this frame, and of those kept so far, what an event may need.
void Analysis::keep(const CameraFrame& frame, Events& events) const {
  const EventDetector& detector = events.detector;
  events.kept.push_back({frame.frame.index, frame.wall_time, frame.frame.picture});
  std::erase_if(events.kept, [&](const KeptFrame& kept) {
    return !detector.may_be_first(kept.index) && !detector.may_be_peak(kept.index);
  });
  for (KeptFrame& kept : events.kept)
    if (!context_.tells_changes || !detector.may_be_peak(kept.index)) kept.picture.reset();
}

void Analysis::tell_change(MediaTime now, Events& events) {
  const EventDetector::Event& open = *events.detector.open();
  const Told& told = events.told;
  if (told.id.empty()) {
    tell(EventChange::begun, events, open);
  } else if (now - told.at >= kBetweenUpdates && (told.last != open.range.last || told.peak != open.peak)) {
    tell(EventChange::updated, events, open);
  } else {
    return;
  }
  events.told.at = now;
}

void Analysis::close(const std::string& id, Events& events, const EventDetector::Event& event) {
  {
    const MutexLock lock(mutex_);
    const auto app = std::ranges::find(statistics_.apps, id, &Statistics::App::id);
    if (app != statistics_.apps.end()) ++app->events;
  }
  tell(EventChange::ended, events, event);
  events.told = {};
}

void Analysis::tell(EventChange change, Events& events, const EventDetector::Event& event) {
  Told& told = events.told;
  if (told.id.empty()) told.id = context_.new_event_id(stream_);
  RaisedEvent raised{record(events, event)};
  if (context_.tells_changes) raised.record.change = change;
  told.last = event.range.last;
  told.peak = event.peak;
  const bool wants_picture = change == EventChange::updated && told.shown
                                 ? event.peak >= told.shown_peak + kClearlyHigher
                                 : told.shown != event.peak_frame;
  const auto peak = std::ranges::find(events.kept, event.peak_frame, &KeptFrame::index);
  if (wants_picture && peak != events.kept.end() && peak->picture) {
    raised.picture.emplace(*peak->picture);
    told.shown = event.peak_frame;
    told.shown_peak = event.peak;
  }
  context_.sink(std::move(raised));
}

EventRecord Analysis::record(const Events& events, const EventDetector::Event& event) const {
  const auto first = std::ranges::find(events.kept, event.range.first, &KeptFrame::index);
  EventRecord record = record_of(events.ran, events.plan);
  record.id = events.told.id;
  record.frames = event.range;
  record.start_seconds = seconds(event.start);
  record.end_seconds = seconds(event.end);
  record.start_time = in_ms(first != events.kept.end() ? first->wall_time : events.end);
  record.end_time = in_ms(events.end);
  record.peak_score = event.peak;
  record.seen = event.seen;
  record.positive = event.positive;
  record.confirmed_frame = event.confirmed_frame;
  record.peak_frame = event.peak_frame;
  return record;
}

// By whom and how frames were analysed.
EventRecord Analysis::record_of(const StemPlan::App& ran, int plan) const {
  EventRecord record;
  record.app = ran.id;
  record.stream = stream_;
  record.branchpoint = ran.setting.branchpoint;
  record.fps = ran.setting.fps;
  record.votes = ran.setting.votes;
  record.candidate = ran.setting.candidate;
  record.package = ran.package;
  record.plan = plan;
  record.answered_by = ran.answered_by;
  return record;
}

void Analysis::finish() {
  for (std::size_t app = 0; app < events_.size(); ++app) {
    if (const auto event = events_[app].detector.finish()) close(plan_->apps[app].id, events_[app], *event);
    tell(events_[app].near.finish());
  }
}

}  // namespace mainstream
