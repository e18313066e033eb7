#include "eval/training_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "eval/statistics.hpp"

namespace mainstream {
namespace {

// The figures of several checks.
struct Summary {
  std::vector<double> areas, lost, tpr_errors, fpr_errors;  // the errors by size
  double within = 0, stated = 0, frozen = 0;

  void add(const CandidateCheck& check) {
    if (check.area) areas.push_back(*check.area);
    if (const auto f1 = check.lost_f1()) lost.push_back(*f1);
    tpr_errors.push_back(std::abs(check.observed_tpr - check.promised_tpr));
    fpr_errors.push_back(std::abs(check.observed_fpr - check.promised_fpr));
    within += (check.tpr_within ? 1 : 0) + (check.fpr_within ? 1 : 0);
    stated += 2;
    frozen = check.frozen_fraction;
  }
  [[nodiscard]] std::string within_text() const { return fmt::format("{:.1f} %", 100 * within / stated); }
};

std::string three_digits(double value) {
  return fmt::format("{:.3f}", value);
}

Rows candidates_table(const std::vector<TrainingChecks>& trainings) {
  std::map<std::string, Summary> by_candidate;
  for (const TrainingChecks& training : trainings) {
    for (const CandidateCheck& check : training.checks) by_candidate[check.candidate].add(check);
  }
  std::vector<std::pair<std::string, Summary>> sorted(by_candidate.begin(), by_candidate.end());
  std::ranges::stable_sort(sorted, std::greater(), [](const auto& entry) { return entry.second.frozen; });
  Rows rows{{"candidate", "frozen", "area", "spread", "F1 lost", "tpr off", "fpr off", "within 90 %"}};
  for (const auto& [id, summary] : sorted) {
    rows.push_back({id, fmt::format("{:.1f} %", 100 * summary.frozen), three_digits(mean(summary.areas)),
                    three_digits(standard_deviation(summary.areas)), three_digits(mean(summary.lost)),
                    three_digits(mean(summary.tpr_errors)), three_digits(mean(summary.fpr_errors)),
                    summary.within_text()});
  }
  return rows;
}

Rows trainings_table(const std::vector<TrainingChecks>& trainings) {
  Summary all;
  std::map<std::string, Summary> by_part;
  for (const TrainingChecks& training : trainings) {
    for (const CandidateCheck& check : training.checks) {
      by_part[training.trained].add(check);
      all.add(check);
    }
  }
  Rows rows{{"trained on", "area", "F1 lost", "within 90 %"}};
  const auto add = [&](const std::string& name, const Summary& summary) {
    rows.push_back(
        {name, three_digits(mean(summary.areas)), three_digits(mean(summary.lost)), summary.within_text()});
  };
  for (const auto& [part, summary] : by_part) add(part, summary);
  if (all.stated > 0) add("all", all);
  return rows;
}

std::string text_of(const std::optional<double>& value) {
  return value ? fmt::format("{:.6f}", *value) : "";
}

Rows training_figures(const std::vector<TrainingChecks>& trainings) {
  Rows rows{{"trained", "app", "candidate", "frozen_fraction", "area", "promised_tpr", "observed_tpr",
             "promised_fpr", "observed_fpr", "f1", "best_f1"}};
  for (const TrainingChecks& training : trainings) {
    for (const CandidateCheck& check : training.checks) {
      rows.push_back({training.trained, check.app, check.candidate, text_of(check.frozen_fraction),
                      text_of(check.area), text_of(check.promised_tpr), text_of(check.observed_tpr),
                      text_of(check.promised_fpr), text_of(check.observed_fpr), text_of(check.f1),
                      text_of(check.best_f1)});
    }
  }
  return rows;
}

std::optional<double> optional_share(const JsonField& json, const char* key) {
  const auto field = json.find(key);
  if (!field) return std::nullopt;
  return field->number(0, 1);
}

}  // namespace

Json to_json(const std::vector<CandidateCheck>& checks) {
  Json list = Json::array();
  for (const CandidateCheck& check : checks) {
    Json json{{"app", check.app},
              {"candidate", check.candidate},
              {"frozen_fraction", check.frozen_fraction},
              {"promised_tpr", check.promised_tpr},
              {"observed_tpr", check.observed_tpr},
              {"tpr_within", check.tpr_within},
              {"promised_fpr", check.promised_fpr},
              {"observed_fpr", check.observed_fpr},
              {"fpr_within", check.fpr_within}};
    if (check.area) json["area"] = *check.area;
    if (check.f1) json["f1"] = *check.f1;
    if (check.best_f1) json["best_f1"] = *check.best_f1;
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<CandidateCheck> candidate_checks(const JsonField& json) {
  std::vector<CandidateCheck> checks(json.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const JsonField field = json.at(i);
    CandidateCheck& check = checks[i];
    check.app = field["app"].text();
    check.candidate = field["candidate"].text();
    check.frozen_fraction = field["frozen_fraction"].number(0, 1);
    check.promised_tpr = field["promised_tpr"].number(0, 1);
    check.observed_tpr = field["observed_tpr"].number(0, 1);
    check.tpr_within = field["tpr_within"].boolean();
    check.promised_fpr = field["promised_fpr"].number(0, 1);
    check.observed_fpr = field["observed_fpr"].number(0, 1);
    check.fpr_within = field["fpr_within"].boolean();
    check.area = optional_share(field, "area");
    check.f1 = optional_share(field, "f1");
    check.best_f1 = optional_share(field, "best_f1");
  }
  return checks;
}

ExperimentReport training_report(const std::vector<TrainingChecks>& trainings) {
  ExperimentReport report;
  report.title = "What packages promise, and what unseen frames show";
  report.runs = fmt::format(
      "{} trainings, each candidate scored once on the frames that its training did "
      "not see",
      trainings.size());
  report.spread = "the column spread is the standard deviation over trainings and apps";
  report.sections.push_back(
      {.heading = "Candidates",
       .text =
           {"Means over trainings and apps, at the stream's rate with one vote. Area: under the ROC curve. "
            "F1 lost: event F1 at the package's threshold below that at the best one in hindsight. Off: "
            "distance between the observed and the promised value. Within: how often the stated 90 % "
            "intervals of tpr and fpr hold what was observed."},
       .charts = {},
       .table = candidates_table(trainings)});
  report.sections.push_back(
      {.heading = "Trainings", .text = {}, .charts = {}, .table = trainings_table(trainings)});
  report.figures = training_figures(trainings);
  return report;
}

}  // namespace mainstream
