#include "eval/comparison_tables.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mainstream {
namespace {

std::string with_error(const std::optional<double>& value, const std::optional<double>& error,
                       const std::string& plus_minus) {
  if (!value) return "none";
  return error ? fmt::format("{:.3f} {} {:.3f}", *value, plus_minus, *error) : fmt::format("{:.3f}", *value);
}

std::string shown(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

std::string f1_cell(const Trial& trial, const std::string& plus_minus) {
  if (!trial.ran()) return "0 (none fits)";
  return with_error(trial.score.mean_f1, trial.score.mean_f1_error, plus_minus);
}

// An app's setting: candidate, frozen share, target and reached frames per second, votes.
std::vector<std::string> chosen_cells(const Trial& trial, const Manifest& app) {
  if (!trial.ran()) return {"none fits", "-", "-", "-", "-"};
  const auto& apps = trial.last_schedule().plan.schedule.apps;
  const auto set = std::ranges::find(apps, app.app, &Schedule::App::id);
  if (set == apps.end()) return {"-", "-", "-", "-", "-"};
  const Choice& choice = set->choice;
  const auto ran = std::ranges::find(trial.report.apps, app.app, &RunReport::App::name);
  const bool known = ran != trial.report.apps.end();
  return {choice.candidate, fmt::format("{:.0f} %", 100 * app.candidate(choice.candidate).frozen_fraction),
          fmt::format("{:g}", choice.fps), known ? fmt::format("{:.1f}", ran->reached_fps) : "-",
          std::to_string(choice.votes)};
}

}  // namespace

Rows f1_rows(const Comparison& comparison, const std::string& plus_minus) {
  Rows rows{{"budget", "ms/s"}};
  const std::vector<std::string> methods = comparison.method_names();
  rows.front().insert(rows.front().end(), methods.begin(), methods.end());
  for (const std::optional<double>& share : comparison.shares()) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(share_text(share));
    row.push_back(share ? milliseconds_text(*share * comparison.whole_bases_ms_per_s) : "-");
    for (const std::string& method : methods) {
      const Trial* trial = comparison.find(method, share);
      row.push_back(trial != nullptr ? f1_cell(*trial, plus_minus) : "-");
    }
  }
  return rows;
}

Rows app_rows(const Comparison& comparison, const std::string& method, const std::string& plus_minus) {
  Rows rows{{"app", "budget", "candidate", "frozen share", "fps", "reached", "votes", "F1", "found",
             "false alarms", "delay s", "covered"}};
  for (std::size_t i = 0; i < comparison.apps.size(); ++i) {
    for (const std::optional<double>& share : comparison.shares()) {
      const Trial* trial = comparison.find(method, share);
      if (trial == nullptr) continue;
      const Manifest& app = comparison.manifests(trial->method)[i];
      const EventScore& score = trial->score.apps.at(app.app);
      std::vector<std::string>& row = rows.emplace_back();
      row = {app.app, share_text(share)};
      for (std::string& cell : chosen_cells(*trial, app)) row.push_back(std::move(cell));
      row.push_back(with_error(score.f1, score.f1_error, plus_minus));
      row.push_back(fmt::format("{:.0f} of {}", score.counts.found, score.true_events));
      row.push_back(fmt::format("{:.1f}", score.counts.false_alarms));
      row.push_back(shown(score.median_delay_s, 1));
      row.push_back(score.covered ? fmt::format("{:.0f} %", 100 * *score.covered) : "-");
    }
  }
  return rows;
}

std::string milliseconds_text(double value) {
  return value < 100 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

std::optional<double> always_on_f1(const Comparison& comparison) {
  if (comparison.trials.empty()) return std::nullopt;
  return comparison.trials.front().score.mean_always_on_f1;
}

}  // namespace mainstream
