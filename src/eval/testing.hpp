// A small made-up comparison for the tests of this folder.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/comparison.hpp"

namespace mainstream {

inline constexpr double kMadeUpFps = 10;
inline const Method kOurs{kMainstream, Mode::mainstream, {}}, kAlone{"no-sharing", Mode::no_sharing, {}};

// One app "gate" on frames 100 to 299, true in 120..139, 180..199 and 240..259; its candidates are exit-8
// (threshold 0.5) and tail-4 (0.6).
class MadeUpComparison {
 public:
  MadeUpComparison() {
    comparison.video = "clip.avi";
    comparison.base_name = "little";
    comparison.base_id = "abc";
    comparison.frames = {100, 299};
    comparison.stream_fps = kMadeUpFps;
    comparison.whole_bases_ms_per_s = 200;
    comparison.labels.frames = 300;
    std::vector<bool>& truth = comparison.labels.apps["gate"];
    truth.resize(300);
    for (const std::size_t first : {120, 180, 240})
      std::fill_n(truth.begin() + static_cast<int>(first), 20, true);
    Manifest gate;
    gate.app = "gate";
    gate.candidates = {candidate("exit-8", CandidateKind::exit, 0.8, 0.5F, 0.7),
                       candidate("tail-4", CandidateKind::tail, 0.4, 0.6F, 0.9)};
    comparison.apps.push_back(gate);
  }

  // A false alarm is a detection near no event.
  Trial& add(const Method& method, std::optional<double> share, const std::string& candidate,
             const std::vector<FrameRange>& reported) {
    Trial& trial = begin(method, share);
    trial.report.schedules.push_back(in_force(0, candidate));
    RunReport::App& ran = trial.report.apps.emplace_back();
    ran.name = "gate";
    ran.reached_fps = 4.9;
    for (const FrameRange& frames : reported) {
      EventRecord event;
      event.app = "gate";
      event.frames = frames;
      event.confirmed_frame = frames.first + 1;
      trial.events.push_back(event);
    }
    score(trial);
    return trial;
  }

  Trial& add_infeasible(const Method& method, std::optional<double> share) {
    Trial& trial = begin(method, share);
    trial.reason = "no schedule fits";
    score(trial);
    return trial;
  }

  static RunReport::InForce in_force(double from_seconds, const std::string& candidate) {
    RunReport::InForce in_force;
    in_force.from_seconds = from_seconds;
    MixPlan& plan = in_force.plan;
    plan.schedule.mean_f1 = 0.8;
    plan.schedule.apps.push_back({.id = "gate",
                                  .choice = {.candidate = candidate, .fps = 5, .votes = 2},
                                  .f1 = 0.8,
                                  .recall = {},
                                  .precision = {}});
    plan.settings.push_back({.candidate = candidate,
                             .fps = 5,
                             .votes = 2,
                             .number_types = {},
                             .branchpoint = {},
                             .threshold = candidate == "exit-8" ? 0.5F : 0.6F});
    return in_force;
  }

  Comparison comparison;

 private:
  static Candidate candidate(const std::string& id, CandidateKind kind, double frozen, float threshold,
                             double f1) {
    Candidate candidate;
    candidate.id = id;
    candidate.kind = kind;
    candidate.frozen_fraction = frozen;
    candidate.threshold = threshold;
    candidate.measured = {{.fps = 5, .votes = 1, .f1 = 1, .f1_error = 0.1},
                          {.fps = 10, .votes = 1, .f1 = f1 - 0.1, .f1_error = 0.1},
                          {.fps = 10, .votes = 2, .f1 = f1, .f1_error = 0.2}};
    return candidate;
  }

  Trial& begin(const Method& method, std::optional<double> share) {
    Trial& trial = comparison.trials.emplace_back();
    trial.method = method;
    trial.share = share;
    if (share) trial.budget = *share * comparison.whole_bases_ms_per_s;
    return trial;
  }

  void score(Trial& trial) const {
    EventsByApp reported{{"gate", {}}};
    for (const EventRecord& event : trial.events) reported["gate"].push_back(detection_of(event));
    trial.score =
        score_run(comparison.labels, reported, {.fps = comparison.stream_fps, .frames = comparison.frames});
  }
};

}  // namespace mainstream
