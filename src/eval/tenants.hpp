// Apps that share a machine (the paper's tenants): mixes drawn from a pool of apps with packages, scheduled
// in several ways as `mainstream run` would, and what each schedule finds on a stream whose scores are
// recorded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "eval/replayed_quality.hpp"
#include "mainstream/comparison.hpp"
#include "mainstream/experiments.hpp"

namespace mainstream {

// A way to schedule, as comparisons have it and with what experiments vary besides.
struct TenantMethod : Method {
  Algorithm algorithm = Algorithm::automatic;  // for Mode::mainstream
  bool f32_only = false;                       // leaves other number types out
  std::vector<int> votes = {};                 // to choose from; none: what the packages say
  bool measured = false;  // from tables of the pool's labelled clip, votes among them, instead of tpr and fpr
};

// All apps that mixes are drawn from.
struct TenantPool {
  // `clip_scores`, if any: on another clip, which TenantMethod::measured needs.
  explicit TenantPool(const TrainedMix& apps, const ClipScores* clip_scores = nullptr)
      : trained(apps), clip(clip_scores), quality(apps.mix, apps.scores) {}
  TrainedMix trained;
  const ClipScores* clip;
  ReplayedQuality quality;
};

using TenantMix = std::vector<std::size_t>;  // apps of the pool, ascending

// A mix of that many apps of the pool, drawn by the seed. No app is in it twice more often than another: only
// mixes larger than the pool repeat apps, as tenants with the same wish.
[[nodiscard]] TenantMix draw_mix(std::size_t pool, std::size_t tenants, std::uint64_t seed);

// The names of the mix's apps; repeated ones are numbered: "rose", "rose 2".
[[nodiscard]] std::vector<std::string> names_of(const TenantMix& mix, const TenantPool& pool);

// What one schedule of one mix promised, and what it finds on the stream.
struct TenantOutcome {
  struct App {
    std::string name, candidate;
    double fps = 0;
    int votes = 0;
    double predicted_f1 = 0;
    double f1 = 0, recall = 0, precision = 0;  // 0 where nothing is found
  };
  bool feasible = false;     // if not, nothing runs and nothing is found
  double busy_ms_per_s = 0;  // as planned
  std::vector<App> apps;     // those with events in the stream

  // Over the apps; 0 without any.
  [[nodiscard]] double mean(double App::*figure) const;
};

[[nodiscard]] Json to_json(const TenantOutcome& outcome);
[[nodiscard]] TenantOutcome outcome_from(const JsonField& json);

// Schedules mixes of a pool with one method.
class TenantPlanner {
 public:
  // The pool outlives it. Throws usage for a measured method without a clip.
  TenantPlanner(const TenantPool& pool, const TenantMethod& method);

  // The schedule that `mainstream run` would choose for these apps' packages and this budget, in busy
  // milliseconds per second.
  [[nodiscard]] Schedule solve(const TenantMix& mix, double budget) const;
  // The same, replayed: the mean over all phases.
  [[nodiscard]] TenantOutcome replay(const TenantMix& mix, double budget) const;

 private:
  [[nodiscard]] Problem problem(const TenantMix& mix, double budget) const;
  [[nodiscard]] Setting setting(std::size_t app, const Choice& choice) const;
  // At any rate.
  [[nodiscard]] Setting setting_with(std::size_t app, const Problem::Candidate& candidate) const;
  void measure_tables(std::size_t app);
  void allow_votes(std::size_t app);

  const TenantPool& pool_;
  const TenantMethod method_;
  Problem described_;  // the whole pool
};

using FramesByApp = std::vector<std::vector<std::int64_t>>;  // ascending, for each app of a mix

// The frames that a run analyses with these settings, when no frame is lost and the budget allows all.
[[nodiscard]] FramesByApp planned_frames(const std::vector<Setting>& settings, double stream_fps,
                                         std::int64_t frames);

// The events that a run raises with these settings, one for each app of the mix, when it analyses these
// frames; by the apps' names. No app may be twice in the mix.
[[nodiscard]] EventsByApp replay_frames(const TenantPool& pool, const TenantMix& mix,
                                        const std::vector<Setting>& settings, const FramesByApp& frames);

}  // namespace mainstream
