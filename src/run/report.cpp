// A run's report as JSON (docs/formats.md, "Run report").
#include <cmath>

#include "core/json.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {
namespace {

// Rounds to six digits: times come from a clock, so more would be noise.
double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

Json to_json(const TimeSummary& time) {
  return {{"count", time.count},
          {"mean_ms", rounded(time.mean_ms)},
          {"median_ms", rounded(time.median_ms)},
          {"p95_ms", rounded(time.p95_ms)},
          {"p99_ms", rounded(time.p99_ms)}};
}

Json to_json(const RunReport::App& app) {
  return {{"app", app.name},
          {"target_fps", rounded(app.target_fps)},
          {"reached_fps", rounded(app.reached_fps)},
          {"frames", app.frames},
          {"positive_frames", app.positive},
          {"events", app.events},
          {"own_time", to_json(app.own_time)}};
}

void put(Json& object, const char* key, const std::optional<double>& value) {
  if (value) object[key] = rounded(*value);
}

Json apps_json(const MixPlan& plan, bool with_number_types) {
  Json apps = Json::array();
  for (std::size_t a = 0; a < plan.settings.size(); ++a) {
    const Schedule::App& app = plan.schedule.apps[a];
    const Setting& setting = plan.settings[a];
    Json entry{{"id", app.id},
               {"branchpoint", setting.branchpoint},
               {"candidate", setting.candidate},
               {"fps", setting.fps},
               {"votes", setting.votes},
               {"f1", rounded(app.f1)}};
    put(entry, "recall", app.recall);
    put(entry, "precision", app.precision);
    entry["own_cost"] = rounded(app.own_cost);
    if (with_number_types) {
      entry["stem_precision"] = to_string(setting.number_types.stem);
      entry["tail_precision"] = to_string(setting.number_types.tail);
    }
    apps.push_back(std::move(entry));
  }
  return apps;
}

// A schedule file with two more fields.
Json to_json(const RunReport::InForce& in_force, const std::vector<NumberType>& number_types) {
  const Schedule& schedule = in_force.plan.schedule;
  Json json{{"from_seconds", rounded(in_force.from_seconds)},
            {"reason", in_force.reason},
            {"algorithm", to_string(schedule.algorithm)},
            {"objective", to_string(schedule.objective)},
            {"feasible", schedule.feasible},
            {"budget", rounded(schedule.budget)},
            {"cost", rounded(schedule.cost)},
            {"mean_f1", rounded(schedule.mean_f1)},
            {"min_f1", rounded(schedule.min_f1)},
            {"proven", schedule.proven}};
  put(json, "bound", schedule.bound);
  json["apps"] = apps_json(in_force.plan, number_types.size() > 1);
  json["shared"] = Json::array();
  for (const Schedule::Segment& segment : schedule.shared) {
    json["shared"].push_back(
        {{"layers", {segment.first_layer, segment.end_layer}},
         {"fps", segment.fps},
         {"precision", to_string(number_types[static_cast<std::size_t>(segment.number_type)])},
         {"cost", rounded(segment.cost)}});
  }
  return json;
}

Json to_json(const RunReport::StemCost& cost) {
  Json json{{"branchpoint", cost.branchpoint},
            {"precision", cost.number_type},
            {"measured_ms", rounded(cost.measured_ms)}};
  put(json, "observed_ms", cost.observed_ms);
  return json;
}

template <typename List>
Json list(const List& entries) {
  Json json = Json::array();
  for (const auto& entry : entries) json.push_back(to_json(entry));
  return json;
}

}  // namespace

std::string to_json(const RunReport& report) {
  Json json{{"format", 1},
            {"stream", report.stream},
            {"source", report.source},
            {"mode", to_string(report.mode)},
            {"pace", to_string(report.pace)},
            {"stream_fps", rounded(report.stream_fps)},
            {"threads", report.threads},
            {"ended", report.ended},
            {"stream_seconds", rounded(report.stream_seconds)},
            {"wall_seconds", rounded(report.wall_seconds)}};
  json["frames"] = {{"delivered", report.frames_delivered},
                    {"dropped", report.frames_dropped},
                    {"undecodable", report.frames_undecodable},
                    {"analysed", report.frames_analysed},
                    {"put_off", report.frames_put_off}};
  json["reconnects"] = report.reconnects;
  json["wall_clock"] = to_string(report.wall_clock);
  json["budget_ms_per_s"] = report.budget ? Json(*report.budget) : Json(nullptr);
  json["available_ms_per_s"] = rounded(report.available_ms_per_s);
  json["busy_ms"] = rounded(report.busy_ms);
  json["busy_ms_per_s"] = rounded(report.busy_ms_per_s);
  json["times"] = {{"latency", to_json(report.latency)},
                   {"frame", to_json(report.frame)},
                   {"scaling", to_json(report.scaling)},
                   {"stem", to_json(report.stem)},
                   {"decoding", to_json(report.decoding)}};
  json["apps"] = list(report.apps);
  json["schedules"] = Json::array();
  for (const RunReport::InForce& in_force : report.schedules) {
    json["schedules"].push_back(to_json(in_force, report.number_types));
  }
  json["stem_costs"] = list(report.stem_costs);
  return json_text(json, 1) + "\n";
}

}  // namespace mainstream
