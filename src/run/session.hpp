// One run from its options to its report.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/progress.hpp"
#include "mainstream/runner.hpp"
#include "run/analysis.hpp"
#include "run/camera.hpp"
#include "run/deployer.hpp"
#include "run/feedback.hpp"

namespace mainstream {

// The constructor reads, checks, measures, schedules and compiles; run() starts the threads (decoder and
// analysis) and meanwhile shows progress and reschedules.
class Session {
 public:
  Session(const RunOptions& options, std::stop_token stop, Clock& clock = Clock::system());

  // Once. What the threads throw is thrown after the report is written.
  RunReport run();

 private:
  [[nodiscard]] double budget_for(const CameraSample& sample) const;
  [[nodiscard]] MixPlan first_plan() const;
  [[nodiscard]] Analysis::Options analysis_options();
  void note_schedule(const MixPlan& plan, const std::string& reason, double from_seconds);

  // What the calling thread does while the others work.
  void control();
  [[nodiscard]] bool over_within(std::chrono::milliseconds time);
  void follow(const Statistics& statistics);
  void stop_when_stalled();

  [[nodiscard]] RunReport report() const;
  void add_stem_costs(RunReport& report) const;
  [[nodiscard]] std::string ended() const;

  const RunOptions options_;
  const std::stop_token stop_;
  Clock& clock_;
  Mix mix_;
  Camera camera_;
  Engine engine_;
  Deployer deployer_;
  std::optional<Planner> planner_;  // once the stream's rate is known
  std::vector<Setting> given_;      // by a schedule file
  Costs first_costs_;
  double first_budget_ = 0;
  std::unique_ptr<LineFile> events_file_;
  std::unique_ptr<FrameLog> frame_log_;
  std::optional<Analysis> analysis_;
  std::optional<Feedback> feedback_;  // of live runs that choose their schedule
  std::vector<RunReport::InForce> schedules_;
  Clock::Time started_{};

  std::mutex mutex_;  // protects what follows
  std::condition_variable ended_;
  bool over_ = false;
  std::exception_ptr failure_;
};

}  // namespace mainstream
