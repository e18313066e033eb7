// What runs now: a mix of apps and streams, the plan for it on workers, and feedback.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/runner.hpp"
#include "run/deployer.hpp"
#include "run/feedback.hpp"
#include "run/lane.hpp"
#include "run/workers.hpp"

namespace mainstream {

// Makes a mix run, and another one in its place. `mainstream run` has one of a single stream, a node one of
// many. All members may be called from any thread, but not from a worker's.
class Runtime {
 public:
  struct Options {
    Planner::Options planner;
    Pace pace = Pace::live;
    WorkerLayout layout;
    std::filesystem::path cache;  // of measured costs
    bool metered = false;         // whether a given budget is kept whatever frames cost
    // As in AnalysisContext:
    std::function<void(RaisedEvent)> sink;
    EventIds new_event_id = numbered_event_ids();
    bool tells_changes = false;
  };

  struct Budget {
    double ms_per_s = 0;  // core-milliseconds; where it is not given, an estimate that feedback corrects
    bool given = false;
    Decoding decoding = {};  // what takes its part of it
  };

  // What took over, and why. It is given back before the runtime ends.
  struct InForce {
    int number = -1;  // of the plan
    std::string reason;
    std::shared_ptr<const Mix> mix;
    MixPlan plan;
    std::vector<std::shared_ptr<Lane>> lanes;  // by stem
  };

  Runtime(Options options, Clock& clock);
  // Ends all lanes.
  ~Runtime();

  // Plans and compiles beside what runs; then takes over between two frames of each stem. Lanes of stems that
  // are in both mixes go on, and so do the open events of their apps. With `given`, one setting for each app,
  // that is the plan, and feedback leaves it alone. Throws infeasible if no plan fits the budget, and
  // otherwise as known_costs and the engine do; then nothing has changed.
  InForce change(Mix mix, const Budget& budget, const std::string& reason,
                 const std::vector<Setting>& given = {});
  // The same mix with another budget: the best plan for it, or the cheapest if none fits.
  InForce change_budget(const Budget& budget, const std::string& reason);
  // Compares what was observed with the plan, about five times a second; makes and deploys another if that is
  // better. Returns it.
  std::optional<InForce> follow();
  void set_decoding(const Decoding& decoding);
  void set_workers(int count) { workers_.resize(count); }
  // For a mix of one stem, before its first frame.
  void set_frame_log(FrameLog& log) { context_.frame_log = &log; }

  // Hands a frame to the stems of its stream. False if none takes it.
  bool offer(const std::string& stream, const CameraFrame& frame);
  // The stream has ended: its lanes close their events.
  void end(const std::string& stream);

  [[nodiscard]] InForce in_force() const;
  [[nodiscard]] double budget() const;
  [[nodiscard]] Costs measured_costs() const;
  [[nodiscard]] std::optional<Costs> observed_costs() const;
  [[nodiscard]] int threads() const { return engine_.threads(); }
  // What a mix would cost, without measuring: as observed of what runs now, else as known or guessed.
  [[nodiscard]] EstimatedCosts estimated_costs_of(const Mix& mix) const;
  // What would be planned with: an estimate is lower where it was found too high before.
  [[nodiscard]] double planned_budget(const Budget& budget) const;

 private:
  // All that was made for one mix.
  struct Made {
    Made(std::shared_ptr<const Mix> mixed, const Planner::Options& options)
        : mix(std::move(mixed)), planner(*mix, options) {}
    std::shared_ptr<const Mix> mix;
    Planner planner;
    Costs measured;
    Budget budget;
    std::optional<Feedback> feedback;
  };

  [[nodiscard]] Costs costs_for(Made& made) REQUIRES(changing_);
  [[nodiscard]] Feedback::Options feedback_options(const Budget& budget) const REQUIRES(changing_);
  InForce take_over(const std::shared_ptr<const Mix>& mix, MixPlan plan, const std::string& reason,
                    std::vector<std::unique_ptr<StemPlan>> plans) REQUIRES(changing_);
  void meter(const Budget& budget, double decoding);
  [[nodiscard]] std::vector<std::shared_ptr<Lane>> lanes_of(const std::string& stream) const;

  const Options options_;
  Clock& clock_;
  const Clock::Time started_;
  BudgetMeter meter_;
  AnalysisContext context_;
  Engine engine_;
  Workers workers_;

  mutable Mutex changing_;  // held while a plan is made and deployed
  Deployer deployer_ GUARDED_BY(changing_);
  std::unique_ptr<Made> made_ GUARDED_BY(changing_);

  mutable Mutex mutex_;  // never held for long
  InForce in_force_ GUARDED_BY(mutex_);
  std::map<StemKey, std::shared_ptr<Lane>> lanes_ GUARDED_BY(mutex_);
};

// What a plan needs of a stream's camera; everything where no app on it is planned.
[[nodiscard]] CameraNeed need_of(const Runtime::InForce& in_force, const std::string& stream);

}  // namespace mainstream
