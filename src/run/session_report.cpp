// The report of a session.
#include <algorithm>

#include "mainstream/error.hpp"
#include "media/url.hpp"
#include "run/session.hpp"

namespace mainstream {
namespace {

TimeSummary summary(const Histogram& times) {
  return {static_cast<std::int64_t>(times.count()), times.mean(), times.quantile(0.5), times.quantile(0.95),
          times.quantile(0.99)};
}

}  // namespace

std::string Session::ended(const std::exception_ptr& failure) const {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
  if (stop_.stop_requested()) return "stopped";
  return camera_.counts().duration_over || stalled_ ? "duration" : "end of stream";
}

RunReport Session::report(const std::exception_ptr& failure) const {
  const Statistics statistics = this->statistics();
  const Runtime::InForce in_force = runtime_->in_force();
  const Mix& mix = *in_force.mix;
  const CameraCounts camera = camera_.counts();
  RunReport report;
  report.stream = options_.stream;
  report.source = without_password(options_.source);
  report.mode = options_.mode;
  report.pace = options_.pace;
  report.stream_fps = camera_.fps();
  report.threads = runtime_->threads();
  report.ended = ended(failure);
  report.wall_seconds = std::chrono::duration<double>(clock_.now() - started_).count();
  double between = 0;  // first and last frame
  if (statistics.last) {
    between = seconds(*statistics.last - *statistics.first);
    report.stream_seconds = between + 1 / camera_.fps();  // the last frame lasts as long as the others
  }
  const double seconds = std::max(report.stream_seconds, 1e-6);

  report.frames_delivered = camera.delivered;
  report.frames_dropped = dropped();
  report.frames_undecodable = camera.undecodable;
  report.frames_analysed = statistics.analysed;
  report.frames_put_off = statistics.put_off;
  const CameraState state = camera_.state();
  report.reconnects = state.reconnects;
  report.wall_clock = state.wall_clock;
  report.busy_ms = statistics.busy_ms;
  report.busy_ms_per_s = statistics.busy_ms / seconds;
  report.budget = options_.budget;
  report.available_ms_per_s = runtime_->budget();
  report.latency = summary(statistics.latency_ms);
  report.frame = summary(statistics.frame_ms);
  report.scaling = summary(statistics.scale_ms);
  report.stem = summary(statistics.stem_ms);
  report.decoding = summary(camera.decode_ms);

  for (std::size_t i = 0; i < mix.apps.size(); ++i) {
    const Statistics::App& app = statistics.apps[i];
    report.apps.push_back({.name = mix.apps[i].name(),
                           .target_fps = between > 0 ? app.asked / between : 0,
                           .reached_fps = static_cast<double>(app.frames) / seconds,
                           .frames = app.frames,
                           .positive = app.positive,
                           .events = app.events,
                           .own_time = summary(app.own_ms)});
  }
  report.number_types = mix.stems.front().number_types;
  report.schedules = schedules_;
  add_stem_costs(report);
  return report;
}

// One cost for each place where candidates leave the stem: that of the way from the place before it.
void Session::add_stem_costs(RunReport& report) const {
  const Runtime::InForce in_force = runtime_->in_force();
  const Mix::Stem& stem = in_force.mix->stems.front();
  const Costs measured = runtime_->measured_costs();
  const std::optional<Costs> observed = runtime_->observed_costs();
  for (const auto& [type, segments] : measured.stems.front().segment_ms) {
    std::size_t next = 1;
    for (const std::size_t place : stem.branchpoints) {
      RunReport::StemCost& cost = report.stem_costs.emplace_back();
      cost.branchpoint = stem.base.branchpoints[place].tensor;
      cost.number_type = to_string(type);
      if (observed) cost.observed_ms = 0;
      for (; next <= place; ++next) {
        cost.measured_ms += segments[next];
        if (observed) *cost.observed_ms += observed->stems.front().segment_ms.at(type)[next];
      }
    }
  }
}

}  // namespace mainstream
