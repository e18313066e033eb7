// Mainstream beside its baselines: the same apps on the same frames, scheduled with each method under several
// budgets, run and scored. `mainstream demo` shows it. docs/evaluation.md explains the comparison.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

// A way to schedule.
struct Method {
  std::string name;  // "mainstream", "tails only", "max-sharing", ..
  Mode mode = Mode::mainstream;
  bool tails_only = false;  // with packages of tails alone
};

// Mainstream first, then Mainstream with tails alone, then the baselines.
[[nodiscard]] const std::vector<Method>& methods();
inline constexpr const char* kMainstream = "mainstream";

// One method under one budget.
struct Trial {
  Method method;
  std::optional<double> share;   // budget as a share of whole_bases_cost; nothing: no budget
  std::optional<double> budget;  // the same in busy milliseconds per second
  std::string reason;            // why no schedule fits; empty: the trial ran
  RunReport report;              // empty if nothing ran
  std::vector<EventRecord> events;
  std::vector<FrameAnswer> answers;  // Mainstream's
  RunScore score;                    // score of all apps; their F1 is 0 if nothing ran

  [[nodiscard]] bool ran() const { return reason.empty(); }
  [[nodiscard]] std::string name() const;       // "max-sharing at 30 %", "mainstream without a budget"
  [[nodiscard]] std::string file_name() const;  // "tails-only-0.5", "mainstream-free", without extension
  // The schedule in force at that time of the stream, and the last one, which after several changes tells
  // most. Only for a trial that ran.
  [[nodiscard]] const RunReport::InForce& in_force(double stream_seconds) const;
  [[nodiscard]] const RunReport::InForce& last_schedule() const { return report.schedules.back(); }
};

struct ComparisonOptions {
  RunOptions run;  // base, apps, source, frames; each trial sets its own mode and budget
  std::vector<std::filesystem::path>
      tails_only;  // packages of the same apps with tails alone; none: that method is left out
  std::filesystem::path labels;
  std::vector<double> shares;                     // budgets, in addition to no budget
  std::filesystem::path output;                   // folder for the events, reports and frame logs
  std::map<std::string, std::string> conditions;  // by app, for display: the condition for an event
};

struct Comparison {
  std::string video, base_name, base_id;
  Labels labels;
  FrameRange frames;
  double stream_fps = 0;
  double whole_bases_ms_per_s = 0;         // a share of 1
  std::vector<Manifest> apps, tails_only;  // manifests of the packages, and of those with tails alone
  std::map<std::string, std::string> conditions;
  std::vector<std::string> left_out;  // "tails only is left out: why"
  std::vector<Trial> trials;          // without a budget first, then by descending share; then by method

  // Null for a trial that was left out.
  [[nodiscard]] const Trial* find(const std::string& method, std::optional<double> share) const;
  [[nodiscard]] std::vector<std::optional<double>> shares() const;  // in the order of the trials
  [[nodiscard]] std::vector<std::string> method_names() const;      // likewise
  [[nodiscard]] const Manifest& app(const std::string& name) const;
  // The candidates that the method could choose from.
  [[nodiscard]] const std::vector<Manifest>& manifests(const Method& method) const {
    return method.tails_only ? tails_only : apps;
  }
};

// Runs all trials one after the other and reports each result on standard error. Mainstream without a budget
// plays as a live camera; the others analyse every scheduled frame as fast as possible, and meter the budget
// in stream time. Nothing when stopped. Throws as run() does, except infeasible, which is a result here.
[[nodiscard]] std::optional<Comparison> compare_methods(const ComparisonOptions& options,
                                                        const std::stop_token& stop = {});

// "none", "30 %", "0.5 %"
[[nodiscard]] std::string share_text(const std::optional<double>& share);

// The files that show a comparison.
struct ComparisonFiles {
  std::filesystem::path report;  // HTML with tables, charts and pictures of events
  std::filesystem::path chart;   // F1 over the budget, SVG
  std::filesystem::path json;    // all figures (docs/formats.md, "Demo")
};

// Writes all three into `folder`; reads the clip once more for the pictures. Throws as VideoReader does,
// storage, and failed when stopped or without gnuplot.
ComparisonFiles write_comparison(const Comparison& comparison, const std::filesystem::path& folder,
                                 const std::stop_token& stop = {});

}  // namespace mainstream
