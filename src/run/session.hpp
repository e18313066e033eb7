// One run from its options to its report.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/mutex.hpp"
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

  // Call once. An exception of a thread is rethrown after the report is written.
  RunReport run();

 private:
  [[nodiscard]] double budget_for(const CameraSample& sample) const;
  [[nodiscard]] MixPlan first_plan() const;
  [[nodiscard]] Analysis::Options analysis_options();
  void note_schedule(const MixPlan& plan, const std::string& reason, double from_seconds);

  [[nodiscard]] std::exception_ptr close_events_file();  // why it could not be written

  void analyse();  // the thread of analysis
  void control();  // the calling thread, meanwhile
  [[nodiscard]] bool over_within(std::chrono::milliseconds time);
  void follow(const Statistics& statistics);
  void stop_when_stalled();

  [[nodiscard]] RunReport report(const std::exception_ptr& failure) const;
  void add_stem_costs(RunReport& report) const;
  [[nodiscard]] std::string ended(const std::exception_ptr& failure) const;

  const RunOptions options_;
  const std::stop_token stop_;
  Clock& clock_;
  Mix mix_;
  Camera camera_;
  Engine engine_;
  Deployer deployer_;
  std::optional<Planner> planner_;  // made when the stream's rate is known
  std::vector<Setting> given_;      // from a schedule file
  Costs first_costs_;
  double first_budget_ = 0;
  std::unique_ptr<LineFile> events_file_;
  std::unique_ptr<FrameLog> frame_log_;
  std::optional<Analysis> analysis_;
  std::optional<Feedback> feedback_;  // in live runs that choose their schedule
  std::vector<RunReport::InForce> schedules_;
  Clock::Time started_{};

  CondVar ended_;
  Mutex mutex_;
  bool over_ GUARDED_BY(mutex_) = false;
  std::exception_ptr failure_ GUARDED_BY(mutex_);  // of the analysis
};

}  // namespace mainstream
