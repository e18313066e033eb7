// Real runs beside the replay: is what experiments replay what the runner does?
#pragma once

#include <string>
#include <vector>

#include "eval/score_files.hpp"
#include "eval/tenant_grid.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

struct RealRun {
  std::string reason;                       // why no schedule fits; empty: it ran
  double f1 = 0;                            // the run's events against the labels, mean over the apps
  double same_frames_f1 = 0;                // the run's settings, replayed on the frames that it analysed
  double replayed_f1 = 0;                   // likewise, on the frames that were planned
  double any_phase_f1 = 0;                  // likewise, the mean over all phases
  double predicted_f1 = 0;                  // by the run's plan
  double planned_fps = 0, reached_fps = 0;  // mean over the apps
  double planned_ms_per_s = 0, busy_ms_per_s = 0;
  std::int64_t put_off = 0;  // frames for which the budget had nothing left when they were due
};

[[nodiscard]] Json to_json(const RealRun& run);
[[nodiscard]] RealRun real_run_from(const JsonField& json);

struct RealRunOptions {
  std::filesystem::path base;
  ScoredStream stream;
  int threads = 0;
  std::stop_token stop;
  std::filesystem::path frame_log;  // written anew by each run
};

// `mainstream run --pace all --mode MODE --budget ..` of the mix's packages on the whole stream. No app may
// be twice in the mix. Throws as run() does, except infeasible, which is a result here; failed when stopped.
[[nodiscard]] RealRun run_really(const TenantPool& pool, const TenantMix& mix, Mode mode, double budget,
                                 const RealRunOptions& options);

}  // namespace mainstream
