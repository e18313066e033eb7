#include "eval/comparison_json.hpp"

#include <algorithm>

#include "core/cpus.hpp"
#include "core/json.hpp"
#include "eval/comparison_charts.hpp"
#include "eval/comparison_tables.hpp"

namespace mainstream {
namespace {

template <typename Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const FrameRange& range) {
  return {range.first, range.last};
}

Json to_json(const std::optional<FrameRange>& range) {
  return range ? to_json(*range) : Json(nullptr);
}

Json candidates_json(const Manifest& app) {
  Json list = Json::array();
  for (const Candidate& candidate : app.candidates) {
    Json entry{{"candidate", candidate.id},
               {"kind", to_string(candidate.kind)},
               {"branchpoint", candidate.branchpoint},
               {"frozen_share", candidate.frozen_fraction}};
    const auto quality = validation_quality(candidate);
    entry["validation_f1"] = quality ? Json(quality->f1) : Json(nullptr);
    entry["validation_f1_error"] = quality ? Json(quality->f1_error) : Json(nullptr);
    list.push_back(std::move(entry));
  }
  return list;
}

void put_choice(Json& entry, const Trial& trial, const Manifest& app) {
  const auto& chosen = trial.last_schedule().plan.schedule.apps;
  const auto set = std::ranges::find(chosen, app.app, &Schedule::App::id);
  if (set != chosen.end()) {
    const Candidate& candidate = app.candidate(set->choice.candidate);
    entry["candidate"] = candidate.id;
    entry["frozen_share"] = candidate.frozen_fraction;
    entry["fps"] = set->choice.fps;
    entry["votes"] = set->choice.votes;
    entry["expected_f1"] = set->f1;
  }
  const auto ran = std::ranges::find(trial.report.apps, app.app, &RunReport::App::name);
  if (ran != trial.report.apps.end()) entry["reached_fps"] = ran->reached_fps;
}

Json app_json(const Trial& trial, const Manifest& app) {
  const EventScore& score = trial.score.apps.at(app.app);
  Json entry{{"app", app.app}};
  if (trial.ran()) put_choice(entry, trial, app);
  entry["f1"] = or_null(score.f1);
  entry["f1_error"] = or_null(score.f1_error);
  entry["recall"] = or_null(score.recall);
  entry["precision"] = or_null(score.precision);
  entry["true_events"] = score.true_events;
  entry["found"] = score.counts.found;
  entry["false_alarms"] = score.counts.false_alarms;
  entry["median_delay_s"] = or_null(score.median_delay_s);
  entry["covered"] = or_null(score.covered);
  entry["reported"] = Json::array();
  for (const EventRecord& event : trial.events) {
    if (event.app == app.app) entry["reported"].push_back(to_json(event.frames));
  }
  return entry;
}

Json to_json(const Trial& trial, const Comparison& comparison) {
  Json json{{"method", trial.method.name},
            {"share", or_null(trial.share)},
            {"budget_ms_per_s", or_null(trial.budget)},
            {"feasible", trial.ran()}};
  if (trial.ran()) {
    json["pace"] = to_string(trial.report.pace);
    json["busy_ms_per_s"] = trial.report.busy_ms_per_s;
    json["expected_mean_f1"] = trial.last_schedule().plan.schedule.mean_f1;
  } else {
    json["reason"] = trial.reason;
  }
  json["mean_f1"] = or_null(trial.score.mean_f1);
  json["mean_f1_error"] = or_null(trial.score.mean_f1_error);
  json["min_f1"] = or_null(trial.score.min_f1);
  json["apps"] = Json::array();
  for (const Manifest& app : comparison.manifests(trial.method)) json["apps"].push_back(app_json(trial, app));
  return json;
}

Json to_json(const ShownEvent& event, Outcome outcome, const AppPictures& of) {
  return {{"app", of.app},        {"outcome", to_string(outcome)}, {"share", or_null(of.share)},
          {"frame", event.frame}, {"score", or_null(event.score)}, {"threshold", event.threshold},
          {"votes", event.votes}, {"true", to_json(event.truth)},  {"reported", to_json(event.reported)}};
}

Json apps_json(const Comparison& comparison) {
  Json list = Json::array();
  for (const Manifest& app : comparison.apps) {
    Json truth = Json::array();
    for (const FrameRange& event :
         runs_of(comparison.labels.of(app.app), comparison.frames.first, comparison.frames.last + 1)) {
      truth.push_back(to_json(event));
    }
    list.push_back(
        {{"app", app.app}, {"true_events", std::move(truth)}, {"candidates", candidates_json(app)}});
  }
  return list;
}

}  // namespace

std::string to_json(const Comparison& comparison, const std::vector<AppPictures>& pictures) {
  Json json{{"format", 1},
            {"base", {{"name", comparison.base_name}, {"id", comparison.base_id}}},
            {"video", comparison.video},
            {"frames", to_json(comparison.frames)},
            {"stream_fps", comparison.stream_fps},
            {"processors", usable_cpus()},
            {"whole_bases_ms_per_s", comparison.whole_bases_ms_per_s},
            {"mean_always_on_f1", or_null(always_on_f1(comparison))},
            {"left_out", comparison.left_out}};
  json["apps"] = apps_json(comparison);
  json["trials"] = Json::array();
  for (const Trial& trial : comparison.trials) json["trials"].push_back(to_json(trial, comparison));
  json["pictures"] = Json::array();
  for (const AppPictures& app : pictures) {
    for (const Outcome outcome : kOutcomes) {
      if (const auto& event = app.of(outcome)) json["pictures"].push_back(to_json(*event, outcome, app));
    }
  }
  return json_text(json, 1) + "\n";
}

}  // namespace mainstream
