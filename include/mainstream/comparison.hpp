// Mainstream beside its baselines: the same apps on the same frames, scheduled in all ways and under several
// budgets, run and scored. `mainstream demo` shows it. docs/evaluation.md tells what is compared.
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

// A way of choosing.
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
  std::optional<double> share;   // of whole_bases_cost; nothing: what the machine has to give
  std::optional<double> budget;  // that in busy milliseconds per second
  std::string reason;            // why no schedule fits; empty: it ran
  RunReport report;              // of what ran
  std::vector<EventRecord> events;
  std::vector<FrameAnswer> answers;  // Mainstream's
  RunScore score;                    // of all apps; where nothing ran, their F1 is 0

  [[nodiscard]] bool ran() const { return reason.empty(); }
  [[nodiscard]] std::string name() const;       // "max-sharing at 30 %", "mainstream without a budget"
  [[nodiscard]] std::string file_name() const;  // "tails-only-0.5", "mainstream-free", without extension
  // The schedule that was in force then, of what ran. After several changes the last tells most.
  [[nodiscard]] const RunReport::InForce& in_force(double stream_seconds) const;
  [[nodiscard]] const RunReport::InForce& last_schedule() const { return report.schedules.back(); }
};

struct ComparisonOptions {
  RunOptions run;  // base, apps, source, frames; what a trial is about is set for each
  std::vector<std::filesystem::path>
      tails_only;  // packages of the same apps with tails alone; none: left out
  std::filesystem::path labels;
  std::vector<double> shares;                     // budgets, beside none
  std::filesystem::path output;                   // folder for the events, reports and frame logs
  std::map<std::string, std::string> conditions;  // by app, for people: what holds in an event
};

struct Comparison {
  std::string video, base_name, base_id;
  Labels labels;
  FrameRange frames;
  double stream_fps = 0;
  double whole_bases_ms_per_s = 0;         // a share of 1
  std::vector<Manifest> apps, tails_only;  // of the packages, and of those with tails alone
  std::map<std::string, std::string> conditions;
  std::vector<std::string> left_out;  // "tails only is left out: why"
  std::vector<Trial> trials;          // without a budget first, then by descending share; then by method

  // Nothing for what was left out.
  [[nodiscard]] const Trial* find(const std::string& method, std::optional<double> share) const;
  [[nodiscard]] std::vector<std::optional<double>> shares() const;  // in the order of the trials
  [[nodiscard]] std::vector<std::string> method_names() const;      // likewise
  [[nodiscard]] const Manifest& app(const std::string& name) const;
  // What the method had to choose from.
  [[nodiscard]] const std::vector<Manifest>& manifests(const Method& method) const {
    return method.tails_only ? tails_only : apps;
  }
};

// Runs all trials one after the other, telling on standard error how they end. Mainstream without a budget
// plays as a live camera; the others analyse every scheduled frame as fast as it goes, the budget metered on
// the time of the stream. Nothing when stopped. Throws what run() throws, except infeasible, which is an
// answer here.
[[nodiscard]] std::optional<Comparison> compare_methods(const ComparisonOptions& options,
                                                        const std::stop_token& stop = {});

// "none", "30 %", "0.5 %"
[[nodiscard]] std::string share_text(const std::optional<double>& share);

// The files that a comparison is shown in.
struct ComparisonFiles {
  std::filesystem::path report;  // HTML with tables, charts and pictures of events
  std::filesystem::path chart;   // F1 over the budget, SVG
  std::filesystem::path json;    // all figures (docs/formats.md, "Demo")
};

// Writes all three into `folder`; reads the clip once more for the pictures. Throws what VideoReader throws,
// storage, and failed when stopped or without gnuplot.
ComparisonFiles write_comparison(const Comparison& comparison, const std::filesystem::path& folder,
                                 const std::stop_token& stop = {});

}  // namespace mainstream
