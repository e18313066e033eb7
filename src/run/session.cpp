// Session: reads and checks, measures, schedules and compiles; then runs its threads and follows them.
#include "run/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "core/cpus.hpp"
#include "core/file.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "media/url.hpp"
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
  SourceOptions input = options.input;
  input.fps = options.stream_fps;
  return {.source = options.source,
          .input = input,
          .pace = options.pace,
          .frames = options.frames.value_or(kAll),
          .duration_s = options.duration_s};
}

Mix read_apps(const RunOptions& options) {
  return read_mix(options.base, options.apps, options.stream, options.stream_fps, 0, 0, options.candidates);
}

RunReport stopped_before_start(const RunOptions& options) {
  RunReport report;
  report.stream = checked(options).stream;
  report.source = without_password(options.source);
  report.mode = options.mode;
  report.pace = options.pace;
  report.ended = "stopped";
  if (options.report) write_file(*options.report, to_json(report));
  return report;
}

}  // namespace

Session::Session(const RunOptions& options, std::stop_token stop, Clock& clock)
    : options_(checked(options)),
      stop_(std::move(stop)),
      clock_(clock),
      camera_(camera_options(options_), clock, stop_) {
  Mix mix = read_apps(options_);
  const CameraSample sample = camera_.sample();
  Mix::Stem& stem = mix.stems.front();
  stem.fps = camera_.fps();
  stem.width = sample.picture.width();
  stem.height = sample.picture.height();
  const int threads = engine_threads(options_.threads, mix);
  runtime_.emplace(runtime_options(threads), clock_);
  first_plan(std::move(mix), budget_for(sample));
  open_outputs();  // last: what is refused empties no file
}

Runtime::Options Session::runtime_options(int threads) {
  return {.planner = {options_.mode, options_.algorithm, options_.objective},
          .pace = options_.pace,
          .layout = {.workers = 1, .threads = threads},
          .cache = cache_folder(),
          .metered = options_.budget.has_value(),
          .sink = [this](RaisedEvent event) { events_->push(std::move(event)); }};
}

double Session::budget_for(const CameraSample& sample) const {
  if (options_.budget) return *options_.budget;
  // Frames of one stream are analysed one at a time, on as many processors as the engine has threads; the
  // decoder takes its time on what is left of the machine.
  const double decoding = sample.decode_ms ? *sample.decode_ms * camera_.fps() : kUnknownDecoding;
  const double machine = 1000 * usable_cpu_time() - decoding, worker = 1000.0 * runtime_->threads();
  return std::max(kLeastBudget, std::min(machine, worker) - kRestReserve);
}

void Session::first_plan(Mix mix, double budget) {
  std::vector<Setting> given;
  if (options_.schedule) given = read_schedule(*options_.schedule, mix, options_.mode);
  const Runtime::InForce first =
      runtime_->change(std::move(mix), {budget, options_.budget.has_value()}, "start", given);
  lane_ = first.lanes.front();
  const Schedule& schedule = first.plan.schedule;
  if (!schedule.feasible) {
    module_log("run").warn("{}: needs {:.1f} ms/s, budget is {:.1f}: not all frames will be analysed",
                           options_.schedule->string(), schedule.cost, budget);
  }
  note_schedule(first, 0);
}

void Session::open_outputs() {
  std::vector<EventSink> sinks;
  if (options_.events) {
    events_file_ = std::make_unique<LineFile>(
        *options_.events, options_.append_events ? LineFile::Start::behind : LineFile::Start::empty);
    sinks.emplace_back([this](const EventRecord& event, const std::string&) {
      events_file_->append(to_json_line(event) + "\n");
    });
  }
  if (options_.on_event) {
    sinks.emplace_back([this](const EventRecord& event, const std::string&) { options_.on_event(event); });
  }
  // Live, the analysis does not wait for anyone.
  events_.emplace(std::move(sinks), options_.pace == Pace::live ? WhenFull::drop_oldest : WhenFull::wait,
                  EventQueue::AfterFailure::stop);
  if (!options_.frame_log) return;
  frame_log_ = std::make_unique<FrameLog>(*options_.frame_log);
  runtime_->set_frame_log(*frame_log_);
}

void Session::note_schedule(const Runtime::InForce& in_force, double from_seconds) {
  camera_.need(need_of(in_force, options_.stream));
  schedules_.push_back({from_seconds, in_force.reason, in_force.plan});
}

RunReport Session::run() {
  started_ = clock_.now();
  {
    const std::jthread feeding([this] { feed(); });
    camera_.start();
    control();
  }
  events_->close();
  if (events_->dropped() > 0) {
    module_log("run").warn("{} events were lost: their reader was too slow", events_->dropped());
  }
  std::exception_ptr failure = lane_->failure();
  if (!failure) failure = events_->first_failure();
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

void Session::feed() {
  while (const auto frame = camera_.next()) {
    if (!runtime_->offer(options_.stream, *frame)) camera_.stop();
  }
  runtime_->end(options_.stream);
}

void Session::control() {
  std::optional<Progress> progress;
  if (options_.show_progress) {
    progress.emplace(options_.stream, static_cast<std::uint64_t>(camera_.expected_frames()));
  }
  Statistics shown;  // rates are shown since then
  Clock::Time shown_at = started_;
  const auto show = [&](const Statistics& now) {
    if (!progress) return;
    progress->update(static_cast<std::uint64_t>(camera_.counts().delivered),
                     progress_note(now, shown, dropped()));
  };
  while (!lane_->wait_until_over(std::chrono::steady_clock::now() + kTick)) {
    const Statistics now = statistics();
    show(now);
    if (std::chrono::duration<double>(clock_.now() - shown_at).count() >= kRateWindow) {
      shown = now;
      shown_at = clock_.now();
    }
    follow(now);
    stop_when_stalled();
    if (events_->first_failure()) camera_.stop();
  }
  // The last line shows the rates of the whole run, with all that came since the last tick.
  shown = {};
  show(statistics());
}

void Session::follow(const Statistics& statistics) {
  if (!statistics.last) return;
  if (const auto changed = runtime_->follow()) note_schedule(*changed, seconds(*statistics.last));
}

void Session::stop_when_stalled() {
  const std::optional<VideoInfo> source = camera_.state().info;
  if (options_.pace != Pace::live || !options_.duration_s || !source || !source->live) return;
  if (clock_.now() - started_ <= std::chrono::duration<double>(*options_.duration_s) + kStalled) return;
  stalled_ = true;
  camera_.stop();
}

RunReport run(const RunOptions& options, const std::stop_token& stop) {
  std::optional<Session> session;
  try {
    session.emplace(options, stop);
  } catch (const Error&) {
    if (!stop.stop_requested()) throw;
    return stopped_before_start(options);  // it ended the waiting for a camera
  }
  return session->run();
}

}  // namespace mainstream
