#include "eval/tenant_runs.hpp"

#include <algorithm>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

double mean_f1(const Labels& labels, const EventsByApp& events, double fps) {
  return score_run(labels, events, {.fps = fps, .frames = {0, labels.frames - 1}}).mean_f1.value_or(0);
}

double any_phase_f1(const TenantPool& pool, const TenantMix& mix, const std::vector<Setting>& settings) {
  double sum = 0, apps = 0;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    const auto f1 = pool.quality.counts(mix[i], settings[i]).f1();
    sum += f1.value_or(0);
    apps += f1 ? 1 : 0;
  }
  return apps == 0 ? 0 : sum / apps;
}

FramesByApp analysed_frames(const std::filesystem::path& frame_log, const std::vector<std::string>& names) {
  FramesByApp frames(names.size());
  for (const FrameAnswer& answer : read_frame_log(frame_log)) {
    const auto app = std::ranges::find(names, answer.app);
    if (app != names.end()) frames[static_cast<std::size_t>(app - names.begin())].push_back(answer.frame);
  }
  return frames;
}

void read_rates(const RunReport& report, RealRun& result) {
  const auto apps = static_cast<double>(report.apps.size());
  for (const RunReport::App& app : report.apps) {
    result.planned_fps += app.target_fps / apps;
    result.reached_fps += app.reached_fps / apps;
  }
}

}  // namespace

Json to_json(const RealRun& run) {
  return {{"reason", run.reason},
          {"f1", run.f1},
          {"same_frames_f1", run.same_frames_f1},
          {"replayed_f1", run.replayed_f1},
          {"any_phase_f1", run.any_phase_f1},
          {"predicted_f1", run.predicted_f1},
          {"planned_fps", run.planned_fps},
          {"reached_fps", run.reached_fps},
          {"planned_ms_per_s", run.planned_ms_per_s},
          {"busy_ms_per_s", run.busy_ms_per_s},
          {"put_off", run.put_off}};
}

RealRun real_run_from(const JsonField& json) {
  constexpr double kMost = 1e12;
  return {.reason = json["reason"].text(),
          .f1 = json["f1"].number(0, 1),
          .same_frames_f1 = json["same_frames_f1"].number(0, 1),
          .replayed_f1 = json["replayed_f1"].number(0, 1),
          .any_phase_f1 = json["any_phase_f1"].number(0, 1),
          .predicted_f1 = json["predicted_f1"].number(0, 1),
          .planned_fps = json["planned_fps"].number(0, kMost),
          .reached_fps = json["reached_fps"].number(0, kMost),
          .planned_ms_per_s = json["planned_ms_per_s"].number(0, kMost),
          .busy_ms_per_s = json["busy_ms_per_s"].number(0, kMost),
          .put_off = json["put_off"].integer(0, std::int64_t{1} << 40)};
}

RealRun run_really(const TenantPool& pool, const TenantMix& mix, Mode mode, double budget,
                   const RealRunOptions& options) {
  const Labels labels = read_labels(options.stream.labels);
  RunOptions run;
  EventsByApp events;
  run.base = options.base;
  for (const std::size_t app : mix) {
    run.apps.push_back(pool.trained.mix.apps[app].package.path());
    events[pool.trained.mix.apps[app].name()];
  }
  run.source = options.stream.video.string();
  run.stream_fps = options.stream.fps;
  run.threads = options.threads;
  run.mode = mode;
  run.pace = Pace::all;
  run.budget = budget;
  run.frame_log = options.frame_log;
  run.on_event = [&](const EventRecord& event) { events[event.app].push_back(detection_of(event)); };
  RealRun result;
  try {
    const RunReport report = mainstream::run(run, options.stop);
    if (options.stop.stop_requested()) throw Error(ErrorKind::failed, "stopped");
    const MixPlan& plan = report.schedules.back().plan;
    result.f1 = mean_f1(labels, events, options.stream.fps);
    const auto replayed = [&](const FramesByApp& frames) {
      return mean_f1(labels, replay_frames(pool, mix, plan.settings, frames), options.stream.fps);
    };
    result.same_frames_f1 = replayed(analysed_frames(options.frame_log, names_of(mix, pool)));
    result.replayed_f1 = replayed(planned_frames(plan.settings, options.stream.fps, labels.frames));
    result.any_phase_f1 = any_phase_f1(pool, mix, plan.settings);
    result.predicted_f1 = plan.schedule.mean_f1;
    result.planned_ms_per_s = plan.schedule.cost;
    result.busy_ms_per_s = report.busy_ms_per_s;
    result.put_off = report.frames_put_off;
    read_rates(report, result);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::infeasible) throw;
    result.reason = error.what();
  }
  return result;
}

}  // namespace mainstream
