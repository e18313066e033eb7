#include "run/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "core/file.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "run/progress_line.hpp"
#include "run/run_options.hpp"
#include "run/schedule_file.hpp"

namespace mainstream {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr double kRateWindow = 2;  // seconds over which progress shows rates
// So far a live stream may be behind the clock when its time is over.
constexpr auto kStalled = std::chrono::seconds(1);
// Of each second of the engine's threads, what sinks, schedules and the system need; and decoding, as long as
// nothing is known of it.
constexpr double kRestReserve = 50, kUnknownDecoding = 100;
constexpr double kLeastBudget = 100;

Camera::Options camera_options(const RunOptions& options) {
  constexpr FrameRange kAll{0, std::numeric_limits<std::int64_t>::max()};
  return {.source = options.source,
          .stream_fps = options.stream_fps,
          .pace = options.pace,
          .frames = options.frames.value_or(kAll),
          .duration_s = options.duration_s};
}

// With a schedule given, its candidates are the only ones to be used.
AppMix mix_of(const RunOptions& options, std::vector<Setting>& given) {
  AppMix mix = read_mix(options.base, options.apps, options.mode);
  if (!options.schedule) return mix;
  given = read_schedule(*options.schedule, mix);
  mix.use_only(given);
  return mix;
}

}  // namespace

Session::Session(const RunOptions& options, std::stop_token stop, Clock& clock)
    : options_(checked(options)),
      stop_(std::move(stop)),
      clock_(clock),
      mix_(mix_of(options_, given_)),
      camera_(camera_options(options_), clock, stop_),
      engine_({.threads = options_.threads}),
      deployer_(mix_, engine_, clock),
      planner_(mix_, {camera_.fps(), options_.algorithm, options_.objective}) {
  const CameraSample sample = camera_.sample();
  first_costs_ = measure_costs(deployer_, sample.picture, clock_);
  first_budget_ = budget_for(sample);
  Planned planned = first_schedule();
  auto plan = deployer_.plan(planned.settings, planned.stem, camera_.fps());
  note_schedule(planned, "start", 0);
  if (options_.pace == Pace::live && given_.empty()) {
    feedback_.emplace(planner_, Feedback::Options{first_budget_, options_.budget.has_value()}, first_costs_,
                      std::move(planned), plan->number);
  }
  analysis_.emplace(analysis_options(), std::move(plan));
}

double Session::budget_for(const CameraSample& sample) const {
  if (options_.budget) return *options_.budget;
  // The decoder works on one of the engine's processors, and the engine waits for its slowest thread.
  const double decoding = sample.decode_ms ? *sample.decode_ms * camera_.fps() : kUnknownDecoding;
  return std::max(kLeastBudget, 1000 - decoding - kRestReserve);
}

Planned Session::first_schedule() const {
  if (given_.empty()) {
    Planned planned = planner_.solve(first_costs_, first_budget_);
    if (planned.schedule.feasible) return planned;
    throw Error(ErrorKind::infeasible,
                fmt::format("{}: no schedule for {} apps at {:.6g} fps fits: {} (ms per second)",
                            options_.stream, mix_.apps.size(), camera_.fps(), planned.schedule.reason));
  }
  Planned planned = planner_.evaluate(first_costs_, first_budget_, given_);
  if (!planned.schedule.feasible) {
    module_log("run")->warn("{}: costs {:.1f} ms/s, and {:.1f} there are: not all frames will be analysed",
                            options_.schedule->string(), planned.schedule.cost, first_budget_);
  }
  return planned;
}

Analysis::Options Session::analysis_options() {
  Analysis::Options analysis{.stream = options_.stream,
                             .apps = {},
                             .budget = options_.budget,
                             .sinks = {},
                             .frame_log = nullptr,
                             .clock = &clock_};
  for (std::size_t app = 0; app < mix_.apps.size(); ++app) {
    analysis.apps.push_back({mix_.apps[app].name(), mix_.event_rule(app, camera_.fps()), {}});
  }
  if (options_.events) {
    events_file_ = std::make_unique<LineFile>(*options_.events);
    analysis.sinks.push_back(
        [this](const EventRecord& event) { events_file_->append(to_json_line(event) + "\n"); });
  }
  if (options_.on_event) analysis.sinks.push_back(options_.on_event);
  if (options_.frame_log) {
    frame_log_ = std::make_unique<FrameLog>(*options_.frame_log);
    analysis.frame_log = frame_log_.get();
  }
  return analysis;
}

void Session::note_schedule(const Planned& planned, const std::string& reason, double from_seconds) {
  const Schedule& schedule = planned.schedule;
  const auto log = module_log("run");
  log->info("{}: {}: {:.1f} of {:.1f} ms/s, expected F1 {:.3f} on average, {:.3f} at worst", options_.stream,
            reason, schedule.cost, schedule.budget, schedule.mean_f1, schedule.min_f1);
  RunReport::InForce in_force{from_seconds, reason, schedule, {}, {}};
  for (const Precision precision : mix_.precisions) in_force.precisions.push_back(to_string(precision));
  for (std::size_t app = 0; app < mix_.apps.size(); ++app) {
    const Candidate& candidate = mix_.apps[app].candidate(planned.settings[app].candidate);
    log->info("  {}: {} ({} layers shared) at {:.6g} fps{}, expected F1 {:.3f}", mix_.apps[app].name(),
              candidate.branchpoint, candidate.frozen_layers, planned.settings[app].fps,
              mix_.precisions.size() > 1 ? ", " + to_string(planned.settings[app].precisions) : "",
              schedule.apps[app].f1);
    in_force.branchpoints.push_back(candidate.branchpoint);
  }
  schedules_.push_back(std::move(in_force));
}

RunReport Session::run() {
  started_ = clock_.now();
  {
    const std::jthread analysis([this] {
      std::exception_ptr failure;
      try {
        analysis_->run(camera_);
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      failure_ = failure;
      over_ = true;
      ended_.notify_all();
    });
    camera_.start();
    control();
  }
  if (!failure_) failure_ = camera_.failure();
  RunReport result = report();
  if (options_.report) write_file(*options_.report, to_json(result));
  if (failure_) std::rethrow_exception(failure_);
  return result;
}

void Session::control() {
  std::optional<Progress> progress;
  if (options_.show_progress) {
    progress.emplace(options_.stream, static_cast<std::uint64_t>(camera_.expected_frames()));
  }
  Statistics shown;  // rates are shown since then
  Clock::Time shown_at = started_;
  while (!over_within(kTick)) {
    const Statistics now = analysis_->statistics();
    const CameraCounts camera = camera_.counts();
    if (progress)
      progress->update(static_cast<std::uint64_t>(camera.delivered), progress_note(now, shown, camera));
    if (std::chrono::duration<double>(clock_.now() - shown_at).count() >= kRateWindow) {
      shown = now;
      shown_at = clock_.now();
    }
    if (feedback_) follow(now);
    stop_when_stalled();
  }
}

bool Session::over_within(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, time, [this] { return over_; });
}

void Session::follow(const Statistics& statistics) {
  try {
    auto change = feedback_->observe(statistics.present, camera_.counts().dropped);
    if (!change) return;
    auto plan = deployer_.plan(change->planned.settings, change->planned.stem, camera_.fps());
    feedback_->deployed(*change, plan->number);
    note_schedule(change->planned, change->reason, seconds(*statistics.last));
    analysis_->swap(std::move(plan));
  } catch (const Error& error) {
    // A package's file may have gone; what runs can go on.
    module_log("run")->warn("{}: stays with its schedule: {}", options_.stream, error.what());
    feedback_.reset();
  }
}

void Session::stop_when_stalled() {
  if (options_.pace != Pace::live || !options_.duration_s) return;
  if (clock_.now() - started_ > std::chrono::duration<double>(*options_.duration_s) + kStalled)
    camera_.stop();
}

}  // namespace mainstream
