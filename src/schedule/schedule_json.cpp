// Problems and schedules written as JSON.
#include <algorithm>

#include "core/json.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

void put(Json& object, const char* key, const std::optional<double>& value) {
  if (value) object[key] = *value;
}

Json to_json(const std::vector<Problem::LayerCosts>& layer_costs) {
  Json list = Json::array();
  for (const Problem::LayerCosts& layers : layer_costs) {
    list.push_back({{"precision", layers.number_type}, {"layer_costs", layers.costs}});
  }
  return list;
}

template <typename Point>
void put_number_types(Json& object, const Point& point, const Problem::Stem& stem) {
  if (stem.layer_costs.size() < 2) return;
  object["stem_precision"] = stem.layer_costs[static_cast<std::size_t>(point.stem_type)].number_type;
  object["tail_precision"] = stem.layer_costs[static_cast<std::size_t>(point.tail_type)].number_type;
}

Json to_json(const Problem::MeasuredQuality& row) {
  Json object{{"fps", row.fps},
              {"votes", row.votes},
              {"recall", row.quality.recall},
              {"precision", row.quality.precision},
              {"f1", row.quality.f1}};
  if (row.f1_error > 0) object["f1_error"] = row.f1_error;
  return object;
}

Json to_json(const Problem::Candidate& candidate, const Problem::Stem& stem) {
  Json object{{"frozen", candidate.frozen}, {"tpr", candidate.tpr}, {"fpr", candidate.fpr}};
  if (!candidate.id.empty()) object["id"] = candidate.id;
  if (candidate.kind == Problem::Candidate::Kind::exit) object["kind"] = "exit";
  if (candidate.levels != 1) object["levels"] = candidate.levels;
  put(object, "own_cost", candidate.own_cost);
  if (candidate.head_cost > 0) object["head_cost"] = candidate.head_cost;
  put_number_types(object, candidate, stem);
  for (const auto& row : candidate.measured) object["measured"].push_back(to_json(row));
  if (candidate.modelled) object["modelled"] = true;
  return object;
}

Json to_json(const Problem::Option& option, const Problem::Stem& stem) {
  Json object{{"frozen", option.frozen}, {"fps", option.fps}, {"f1", option.f1}};
  if (!option.candidate.empty()) object["candidate"] = option.candidate;
  put(object, "recall", option.recall);
  put(object, "precision", option.precision);
  if (option.votes != 1) object["votes"] = option.votes;
  put(object, "own_cost", option.own_cost);
  if (option.head_cost > 0) object["head_cost"] = option.head_cost;
  put_number_types(object, option, stem);
  return object;
}

Json to_json(const Problem::App& app, const Problem::Stem& stem) {
  Json object{{"id", app.id}};
  if (!stem.stream.empty()) object["stream"] = stem.stream;
  if (!stem.base.empty()) object["base"] = stem.base;
  if (app.weight != 1) object["weight"] = app.weight;
  put(object, "min_fps", app.min_fps);
  put(object, "max_fps", app.max_fps);
  put(object, "min_f1", app.min_f1);
  put(object, "fixed_fps", app.fixed_fps);
  if (app.fixed_frozen) object["fixed_frozen"] = *app.fixed_frozen;
  if (app.fixed_candidate) object["fixed_candidate"] = *app.fixed_candidate;
  if (!app.options.empty()) {
    for (const Problem::Option& option : app.options) object["options"].push_back(to_json(option, stem));
    return object;
  }
  object["event_length_ms"] = app.events.length_ms;
  object["event_frequency"] = app.events.frequency;
  object["correlation"] = app.events.correlation;
  object["x_vote"] = app.events.votes;
  for (const Problem::Candidate& candidate : app.candidates) {
    object["candidates"].push_back(to_json(candidate, stem));
  }
  return object;
}

// Adds the stem's stream and base to the lists where they are missing.
void put_stem(Json& streams, Json& bases, const Problem::Stem& stem) {
  const auto known = [](const Json& list, const std::string& id) {
    return std::any_of(list.begin(), list.end(), [&](const Json& entry) { return entry["id"] == id; });
  };
  if (!known(streams, stem.stream)) {
    streams.push_back({{"id", stem.stream}, {"fps", stem.stream_fps}, {"fps_options", stem.fps_options}});
    if (std::isfinite(stem.limit)) streams.back()["limit"] = stem.limit;
    if (!stem.low_rates_alone) streams.back()["low_rates_alone"] = false;
  }
  if (!known(bases, stem.base)) {
    bases.push_back({{"id", stem.base}, {"precisions", to_json(stem.layer_costs)}});
  }
}

Json schedule_object(const Schedule& schedule, const Problem& problem) {
  Json object{{"algorithm", to_string(schedule.algorithm)},
              {"objective", to_string(schedule.objective)},
              {"feasible", schedule.feasible},
              {"budget", schedule.budget},
              {"cost", schedule.cost},
              {"mean_f1", schedule.mean_f1},
              {"min_f1", schedule.min_f1},
              {"proven", schedule.proven}};
  if (!schedule.reason.empty()) object["reason"] = schedule.reason;
  put(object, "bound", schedule.bound);
  if (schedule.spent > 0) object["spent"] = schedule.spent;
  object["apps"] = Json::array();
  for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
    const Schedule::App& app = schedule.apps[a];
    const Problem::Stem& stem = problem.stems[problem.apps[a].stem];
    Json entry{{"id", app.id},          {"candidate", app.choice.candidate}, {"frozen", app.choice.frozen},
               {"fps", app.choice.fps}, {"votes", app.choice.votes},         {"f1", app.f1}};
    put(entry, "recall", app.recall);
    put(entry, "precision", app.precision);
    entry["own_cost"] = app.own_cost;
    put_number_types(entry, app.choice, stem);
    object["apps"].push_back(std::move(entry));
  }
  object["shared"] = Json::array();
  for (const Schedule::Segment& segment : schedule.shared) {
    const Problem::Stem& stem = problem.stems[segment.stem];
    object["shared"].push_back(
        {{"stream", stem.stream},
         {"base", stem.base},
         {"layers", {segment.first_layer, segment.end_layer}},
         {"fps", segment.fps},
         {"precision", stem.layer_costs[static_cast<std::size_t>(segment.number_type)].number_type},
         {"cost", segment.cost}});
  }
  return object;
}

}  // namespace

std::string to_json(const Problem& problem) {
  Json object{{"name", problem.name}, {"budget", problem.budget}};
  const Problem::Stem& first = problem.stems.front();
  Json streams = Json::array(), bases = Json::array();
  for (const Problem::Stem& stem : problem.stems) put_stem(streams, bases, stem);
  if (first.stream.empty()) {
    object["stream_fps"] = first.stream_fps;
    object["fps_options"] = first.fps_options;
  } else {
    object["streams"] = std::move(streams);
  }
  if (first.base.empty()) {
    object["precisions"] = to_json(first.layer_costs);
  } else {
    object["bases"] = std::move(bases);
  }
  for (const Problem::App& app : problem.apps) {
    object["apps"].push_back(to_json(app, problem.stems[app.stem]));
  }
  return json_text(object, 1) + "\n";
}

std::string to_json(const Schedule& schedule, const Problem& problem) {
  return json_text(schedule_object(schedule, problem), 1) + "\n";
}

std::string to_json(const Admission& admission, const Problem& problem) {
  Json object{{"newcomer", problem.apps.back().id}, {"fits", admission.reason.empty()}};
  if (!admission.reason.empty()) object["reason"] = admission.reason;
  object["others"] = Json::array();
  for (const F1Change& change : admission.others) {
    object["others"].push_back(
        {{"id", problem.apps[change.app].id}, {"f1_before", change.before}, {"f1_after", change.after}});
  }
  object["schedule"] = schedule_object(admission.after, problem);
  return json_text(object, 1) + "\n";
}

}  // namespace mainstream
