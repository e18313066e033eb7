// The same apps on the same frames in all modes and under several budgets,
// scored against labels.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

struct Trial {
  Mode mode = Mode::mainstream;
  std::optional<double> budget;  // busy milliseconds per second; none: as the machine is
  RunReport report;
  EventsByApp events;
  RunScore score;

  [[nodiscard]] double mean_fps() const;   // over the apps, as reached
  [[nodiscard]] std::string name() const;  // "no-sharing", "no-sharing, 20 ms/s"
};

struct ComparisonOptions {
  RunOptions run;  // base, apps, source, frames; mode, pace, budget and files
                   // are set for each trial
  std::filesystem::path labels;
  std::vector<double> budgets;   // empty: 1/2, 1/4, .. 1/32 of what no-sharing would like to have
  std::filesystem::path output;  // folder for the events of each trial
};

struct Comparison {
  Labels labels;
  FrameRange frames;
  double stream_fps = 0;
  std::vector<Trial> live;              // one per mode, without a budget, as a live camera
  std::vector<Trial> budgeted;          // by descending budget, then mode; every scheduled frame, the
                                        // budget metered on stream time
  std::vector<std::string> infeasible;  // "no-sharing at 5 ms/s: why": no schedule fits
};

// Runs all trials one after the other, telling on standard error which. Nothing
// when stopped. Throws what run() throws, except infeasible, which is an answer
// here.
[[nodiscard]] std::optional<Comparison> compare_modes(const ComparisonOptions& options,
                                                      std::stop_token stop = {});

}  // namespace mainstream
