// One run from its options to its report.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/progress.hpp"
#include "mainstream/runner.hpp"
#include "run/camera.hpp"
#include "run/event_queue.hpp"
#include "run/line_file.hpp"
#include "run/runtime.hpp"

namespace mainstream {

// A runtime with one stream and one stem. The constructor reads, checks, measures, schedules and compiles;
// run() starts the threads and meanwhile shows progress and reschedules.
class Session {
 public:
  Session(const RunOptions& options, std::stop_token stop, Clock& clock = Clock::system());

  // Call once. An exception of a thread is rethrown after the report is written.
  RunReport run();

 private:
  [[nodiscard]] Runtime::Options runtime_options(int threads);
  [[nodiscard]] double budget_for(const CameraSample& sample) const;
  void first_plan(Mix mix, double budget);
  void open_outputs();
  void note_schedule(const Runtime::InForce& in_force, double from_seconds);

  [[nodiscard]] std::exception_ptr close_events_file();  // why it could not be written

  void feed();     // the thread that takes the camera's frames
  void control();  // the calling thread, meanwhile
  void follow(const Statistics& statistics);
  void stop_when_stalled();
  [[nodiscard]] Statistics statistics() const { return lane_->statistics(); }
  [[nodiscard]] std::int64_t dropped() const { return camera_.counts().dropped + lane_->replaced(); }

  [[nodiscard]] RunReport report(const std::exception_ptr& failure) const;
  void add_stem_costs(RunReport& report) const;
  [[nodiscard]] std::string ended(const std::exception_ptr& failure) const;

  const RunOptions options_;
  const std::stop_token stop_;
  Clock& clock_;
  Camera camera_;
  std::unique_ptr<LineFile> events_file_;
  std::unique_ptr<FrameLog> frame_log_;
  std::optional<EventQueue> events_;
  std::optional<Runtime> runtime_;
  std::shared_ptr<Lane> lane_;
  std::vector<RunReport::InForce> schedules_;
  Clock::Time started_{};
  bool stalled_ = false;  // its duration was over while the camera gave nothing
};

}  // namespace mainstream
