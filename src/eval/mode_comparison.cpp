#include "eval/mode_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "event/event_json.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr Mode kModes[] = {Mode::mainstream, Mode::max_sharing, Mode::no_sharing};

// Two significant digits: budgets are for people to remember.
double rounded(double value) {
  return std::stod(fmt::format("{:.1e}", value));
}

class ModeComparison {
 public:
  ModeComparison(const ComparisonOptions& options, std::stop_token stop)
      : options_(options), stop_(std::move(stop)) {
    comparison_.labels = read_labels(options.labels);
    comparison_.frames = options.run.frames.value_or(FrameRange{0, comparison_.labels.frames - 1});
    std::filesystem::create_directories(options.output);
  }

  std::optional<Comparison> run() {
    for (const Mode mode : kModes) {
      if (auto trial = run_trial(mode, std::nullopt)) comparison_.live.push_back(std::move(*trial));
      if (stop_.stop_requested()) return std::nullopt;
    }
    if (!comparison_.live.empty()) comparison_.stream_fps = comparison_.live.front().report.stream_fps;
    for (const double budget : budgets()) {
      for (const Mode mode : kModes) {
        if (auto trial = run_trial(mode, budget)) comparison_.budgeted.push_back(std::move(*trial));
        if (stop_.stop_requested()) return std::nullopt;
      }
    }
    return std::move(comparison_);
  }

 private:
  std::optional<Trial> run_trial(Mode mode, std::optional<double> budget) {
    Trial trial;
    trial.mode = mode;
    trial.budget = budget;
    fmt::print(stderr, "running {}{}\n", trial.name(), budget ? "" : ", as a live camera");
    RunOptions run_options = options_.run;
    run_options.mode = mode;
    run_options.pace = budget ? Pace::all : Pace::live;
    run_options.budget = budget;
    const std::string file = budget ? fmt::format("{}-{}", to_string(mode), *budget) : to_string(mode);
    run_options.events = options_.output / (file + ".events.jsonl");
    run_options.report = options_.output / (file + ".report.json");
    try {
      trial.report = mainstream::run(run_options, stop_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::infeasible) throw;
      comparison_.infeasible.push_back(fmt::format("{}: {}", trial.name(), error.what()));
      return std::nullopt;
    }
    for (const RunReport::App& app : trial.report.apps) trial.events[app.name];
    for (const EventRecord& event : read_events(*run_options.events))
      trial.events[event.app].push_back(detection_of(event));
    trial.score = score_run(comparison_.labels, trial.events,
                            {.fps = trial.report.stream_fps, .frames = comparison_.frames});
    return trial;
  }

  [[nodiscard]] std::vector<double> budgets() const {
    if (!options_.budgets.empty() || comparison_.live.empty()) return options_.budgets;
    const double wanted = comparison_.live.back().report.busy_ms_per_s;
    std::vector<double> budgets;
    for (const int divisor : {2, 4, 8, 16, 32}) budgets.push_back(rounded(std::max(wanted, 1.0) / divisor));
    return budgets;
  }

  const ComparisonOptions& options_;
  const std::stop_token stop_;
  Comparison comparison_;
};

}  // namespace

double Trial::mean_fps() const {
  double sum = 0;
  for (const RunReport::App& app : report.apps) sum += app.reached_fps;
  return report.apps.empty() ? 0 : sum / static_cast<double>(report.apps.size());
}

std::string Trial::name() const {
  return budget ? fmt::format("{}, {} ms/s", to_string(mode), *budget) : to_string(mode);
}

std::optional<Comparison> compare_modes(const ComparisonOptions& options, std::stop_token stop) {
  return ModeComparison(options, std::move(stop)).run();
}

}  // namespace mainstream
