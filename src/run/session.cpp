// Session: reads and checks, measures, schedules and compiles; then runs its threads and follows them.
#include "run/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
// A live stream that is this far behind the clock when its duration is over has stalled.
constexpr auto kStalled = std::chrono::seconds(1);
// Milliseconds of each second that a budget leaves to sinks, scheduling and the system, and to decoding where
// its time is not known.
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

EventRule event_rule(const EventModel& event, double stream_fps) {
  return {.votes = event.votes,
          .merge_gap = static_cast<std::int64_t>(std::llround(event.merge_gap_ms * 1e-3 * stream_fps))};
}

Mix read_apps(const RunOptions& options) {
  return read_mix(options.base, options.apps, options.stream, options.stream_fps, 0, 0, options.candidates);
}

}  // namespace

Session::Session(const RunOptions& options, std::stop_token stop, Clock& clock)
    : options_(checked(options)),
      stop_(std::move(stop)),
      clock_(clock),
      mix_(read_apps(options_)),
      camera_(camera_options(options_), clock, stop_),
      engine_({.threads = options_.threads}),
      deployer_(mix_, options_.mode, engine_, clock) {
  if (options_.schedule) given_ = read_schedule(*options_.schedule, mix_, options_.mode);
  const CameraSample sample = camera_.sample();
  Mix::Stem& stem = mix_.stems.front();
  stem.fps = camera_.fps();
  stem.width = sample.picture.width();
  stem.height = sample.picture.height();
  planner_.emplace(mix_, Planner::Options{options_.mode, options_.algorithm, options_.objective});
  first_costs_ = known_costs(engine_, mix_);
  first_budget_ = budget_for(sample);
  MixPlan plan = first_plan();
  auto stream_plan = deployer_.plan(plan);
  note_schedule(plan, "start", 0);
  if (options_.pace == Pace::live && given_.empty()) {
    feedback_.emplace(*planner_, Feedback::Options{first_budget_, options_.budget.has_value()}, first_costs_,
                      std::move(plan), stream_plan->number);
  }
  analysis_.emplace(analysis_options(), std::move(stream_plan));
}

double Session::budget_for(const CameraSample& sample) const {
  if (options_.budget) return *options_.budget;
  // The decoder works on one of the engine's processors, and the engine waits for its slowest thread.
  const double decoding = sample.decode_ms ? *sample.decode_ms * camera_.fps() : kUnknownDecoding;
  return std::max(kLeastBudget, 1000 - decoding - kRestReserve);
}

MixPlan Session::first_plan() const {
  if (given_.empty()) {
    MixPlan plan = planner_->solve(first_costs_, first_budget_);
    if (plan.schedule.feasible) return plan;
    throw Error(ErrorKind::infeasible,
                fmt::format("{}: no schedule for {} apps at {:.6g} fps fits: {} (ms per second)",
                            options_.stream, mix_.apps.size(), camera_.fps(), plan.schedule.reason));
  }
  MixPlan plan = planner_->evaluate(first_costs_, first_budget_, given_);
  if (!plan.schedule.feasible) {
    module_log("run")->warn("{}: needs {:.1f} ms/s, budget is {:.1f}: not all frames will be analysed",
                            options_.schedule->string(), plan.schedule.cost, first_budget_);
  }
  return plan;
}

Analysis::Options Session::analysis_options() {
  Analysis::Options analysis{.stream = options_.stream,
                             .apps = {},
                             .budget = options_.budget,
                             .sinks = {},
                             .frame_log = nullptr,
                             .clock = &clock_};
  for (const Mix::App& app : mix_.apps) {
    analysis.apps.push_back(
        {app.name(), event_rule(app.manifest().event, camera_.fps()), app.package.sha256()});
  }
  if (options_.events) {
    events_file_ = std::make_unique<LineFile>(
        *options_.events, options_.append_events ? LineFile::Start::behind : LineFile::Start::empty);
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

void Session::note_schedule(const MixPlan& plan, const std::string& reason, double from_seconds) {
  const Schedule& schedule = plan.schedule;
  const auto log = module_log("run");
  log->info("{}: {}: {:.1f} of {:.1f} ms/s, expected F1 {:.3f} on average, {:.3f} at worst", options_.stream,
            reason, schedule.cost, schedule.budget, schedule.mean_f1, schedule.min_f1);
  const std::vector<NumberType>& types = mix_.stems.front().number_types;
  for (std::size_t app = 0; app < mix_.apps.size(); ++app) {
    const Setting& setting = plan.settings[app];
    log->info("  {}: {} at {} at {:.6g} fps, {} {}{}, expected F1 {:.3f}", mix_.apps[app].name(),
              setting.candidate, setting.branchpoint, setting.fps, setting.votes,
              setting.votes == 1 ? "vote" : "votes",
              types.size() > 1 ? ", " + to_string(setting.number_types) : "", schedule.apps[app].f1);
  }
  schedules_.push_back({from_seconds, reason, plan});
}

RunReport Session::run() {
  started_ = clock_.now();
  {
    const std::jthread analysis([this] { analyse(); });
    camera_.start();
    control();
  }
  std::exception_ptr failure;
  {
    const MutexLock lock(mutex_);
    failure = failure_;
  }
  if (!failure) failure = camera_.failure();
  if (!failure) failure = close_events_file();
  RunReport result = report(failure);
  if (options_.report) write_file(*options_.report, to_json(result));
  if (failure) std::rethrow_exception(failure);
  return result;
}

std::exception_ptr Session::close_events_file() {
  try {
    if (events_file_) events_file_->close();
    return {};
  } catch (const Error&) {
    return std::current_exception();
  }
}

void Session::analyse() {
  std::exception_ptr failure;
  try {
    analysis_->run(camera_);
  } catch (...) {
    failure = std::current_exception();
  }
  const MutexLock lock(mutex_);
  failure_ = failure;
  over_ = true;
  ended_.notify_all();
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
  // The last line shows the rates of the whole run, with all that came since the last tick.
  if (!progress) return;
  const CameraCounts camera = camera_.counts();
  progress->update(static_cast<std::uint64_t>(camera.delivered),
                   progress_note(analysis_->statistics(), {}, camera));
}

bool Session::over_within(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  const MutexLock lock(mutex_);
  while (!over_ && ended_.wait_until(mutex_, until)) continue;
  return over_;
}

void Session::follow(const Statistics& statistics) {
  try {
    if (!statistics.last) return;
    auto change =
        feedback_->observe(0, statistics.present, camera_.counts().dropped, seconds(*statistics.last));
    if (!change) return;
    auto plan = deployer_.plan(change->plan);
    feedback_->deployed(*change, plan->number);
    note_schedule(change->plan, change->reason, seconds(*statistics.last));
    analysis_->swap(std::move(plan));
  } catch (const Error& error) {
    // A package's file may be gone; the present plan can go on.
    module_log("run")->warn("{}: keeps its schedule: {}", options_.stream, error.what());
    feedback_.reset();
  }
}

void Session::stop_when_stalled() {
  if (options_.pace != Pace::live || !options_.duration_s) return;
  if (clock_.now() - started_ > std::chrono::duration<double>(*options_.duration_s) + kStalled)
    camera_.stop();
}

RunReport run(const RunOptions& options, std::stop_token stop) {
  Session session(options, std::move(stop));
  return session.run();
}

}  // namespace mainstream
