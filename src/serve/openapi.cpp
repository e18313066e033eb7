#include "serve/openapi.hpp"

#include <cstring>

#include "core/json.hpp"
#include "node/config_schema.hpp"

namespace mainstream {
namespace {

using Fields = std::vector<std::pair<std::string, Json>>;

Json type(const char* name) {
  return {{"type", name}};
}
Json text() {
  return type("string");
}
Json number() {
  return type("number");
}
Json whole() {
  return type("integer");
}
Json boolean() {
  return type("boolean");
}
Json or_null(Json schema) {
  schema["nullable"] = true;
  return schema;
}
Json date_time() {
  return {{"type", "string"}, {"format", "date-time"}};
}
Json reference(const std::string& name) {
  return {{"$ref", "#/components/schemas/" + name}};
}
Json list_of(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}

// All fields are always there, unless they are `optional`.
Json object(const Fields& fields, const Fields& optional = {}) {
  Json properties = Json::object(), required = Json::array();
  for (const auto& [name, schema] : fields) {
    properties[name] = schema;
    required.push_back(name);
  }
  for (const auto& [name, schema] : optional) properties[name] = schema;
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

Json stream_schema() {
  return object({{"name", text()},
                 {"up", boolean()},
                 {"reason", or_null(text())},
                 {"fps", number()},
                 {"reached_fps", number()},
                 {"frames", whole()},
                 {"reconnects", whole()},
                 {"decode_ms_per_frame", number()},
                 {"frame_age_ms", or_null(number())},
                 {"dropped", reference("Drops")},
                 {"leaves_out", boolean()},
                 {"on_substream", boolean()},
                 {"picture", object({{"finding", text()},
                                     {"likeness", number()},
                                     {"sharpness", number()},
                                     {"warning", or_null(text())}})}});
}

Json scores_schema() {
  return object({{"learning", boolean()},
                 {"days", whole()},
                 {"from_first_days", or_null(number())},
                 {"from_validation", or_null(number())},
                 {"positive_rate", or_null(number())},
                 {"promised_rate", list_of(number())},
                 {"warning", or_null(text())}});
}

Json judged_schema() {
  return object({{"right", whole()},
                 {"wrong", whole()},
                 {"missed", whole()},
                 {"f1", number()},
                 {"f1_interval", list_of(number())},
                 {"warning", or_null(text())}});
}

Json app_schema() {
  return object({{"name", text()},
                 {"enabled", boolean()},
                 {"in_hours", boolean()},
                 {"streams", list_of(object({{"stream", text()},
                                             {"package", or_null(text())},
                                             {"planned", boolean()},
                                             {"reason", or_null(text())},
                                             {"candidate", or_null(text())},
                                             {"branchpoint", or_null(text())},
                                             {"planned_fps", number()},
                                             {"reached_fps", number()},
                                             {"expected_f1", or_null(number())},
                                             {"threshold", or_null(number())},
                                             {"votes_needed", or_null(whole())},
                                             {"last_score", or_null(number())},
                                             {"votes", whole()},
                                             {"event_open", boolean()},
                                             {"why_no_event", or_null(text())},
                                             {"frames", whole()},
                                             {"positive_frames", whole()},
                                             {"events", whole()},
                                             {"dropped", reference("Drops")},
                                             {"lost", reference("Drops")},
                                             {"scores", scores_schema()},
                                             {"judged", or_null(judged_schema())}}))}});
}

Json plan_schema() {
  const Json segment = object(
      {{"branchpoint", text()}, {"number_type", text()}, {"fps", number()}, {"cost_ms_per_s", number()}});
  const Json stem = object(
      {{"stream", text()}, {"base", text()}, {"region", list_of(number())}, {"segments", list_of(segment)}});
  return object({{"number", whole()},
                 // null for a token of some streams
                 {"reason", or_null(text())},
                 {"feasible", boolean()},
                 {"budget_ms_per_s", or_null(number())},
                 {"cost_ms_per_s", or_null(number())},
                 {"decoding_ms_per_s", or_null(number())},
                 {"busy_ms_per_s", or_null(number())},
                 {"mean_f1", or_null(number())},
                 {"min_f1", or_null(number())},
                 {"workers", whole()},
                 {"threads", whole()},
                 {"stems", list_of(stem)},
                 {"apps", list_of(object({{"app", text()},
                                          {"stream", text()},
                                          {"candidate", text()},
                                          {"branchpoint", text()},
                                          {"fps", number()},
                                          {"votes", whole()},
                                          {"expected_f1", number()},
                                          {"stem", whole()},
                                          {"cost_ms_per_s", number()}}))}});
}

Json status_schema() {
  const Json sink = object({{"name", text()},
                            {"up", boolean()},
                            {"lag", whole()},
                            {"delivered", whole()},
                            {"failures", whole()},
                            {"skipped", whole()},
                            {"missed", whole()},
                            {"last_error", or_null(text())}});
  const Json store = object({{"last_sequence", whole()},
                             {"waiting", whole()},
                             {"dropped_events", whole()},
                             {"bytes", whole()},
                             {"error", or_null(text())}});
  return object({{"node", text()},
                 {"version", text()},
                 {"events", whole()},
                 {"events_dropped", or_null(whole())},  // with the store null for a token of some streams
                 {"refused", or_null(text())},
                 {"plan", reference("Plan")},
                 {"streams", list_of(reference("Stream"))},
                 {"apps", list_of(reference("App"))},
                 {"sinks", list_of(sink)},
                 {"store", or_null(store)}});
}

Json verdict_word() {
  return {{"type", "string"}, {"enum", {"true", "false", "missed"}}};
}

Json event_schema() {
  return object(
      {{"app", text()},
       {"stream", text()},
       {"id", text()},
       {"start_frame", whole()},
       {"end_frame", whole()},
       {"start_seconds", number()},
       {"end_seconds", number()},
       {"start_time", date_time()},
       {"end_time", date_time()},
       {"peak_score", number()},
       {"frames_seen", whole()},
       {"frames_positive", whole()},
       {"branchpoint", text()},
       {"fps", number()}},
      {{"confirmed_frame", whole()},
       {"peak_frame", whole()},
       {"number_types", type("object")},  // of stem and tail (docs/formats.md, "Events")
       {"threshold", number()},
       {"region", list_of(number())},
       {"votes", whole()},
       {"candidate", text()},
       {"package", text()},
       {"plan", whole()},
       {"type",
        {{"type", "string"}, {"enum", {"new", "update", "end", "interrupted", "warning", "near_miss"}}}},
       {"sequence", whole()},
       {"snapshot", boolean()},
       {"verdict", verdict_word()}});
}

Json recording_schema() {
  return object({{"id", text()},
                 {"stream", text()},
                 {"started", date_time()},
                 {"fps", number()},
                 {"frames", whole()},
                 {"lost", whole()},
                 {"bytes", whole()},
                 {"going_on", boolean()},
                 {"fault", or_null(text())}});
}

// By app: pairs of a first and a last frame.
Json marked_apps() {
  return {{"type", "object"}, {"additionalProperties", list_of(list_of(whole()))}};
}

// The keys of a table of the configuration, without the name, which stands in the path.
Json table_schema(const char* table) {
  Json schema = config_schema()["properties"][table]["items"];
  Json required = Json::array();
  for (const Json& key : schema["required"])
    if (key != "name") required.push_back(key);
  schema["required"] = std::move(required);
  return schema;
}

Json outlook_schema() {
  const Json chosen = or_null(object({{"candidate", text()},
                                      {"branchpoint", text()},
                                      {"fps", number()},
                                      {"votes", whole()},
                                      {"expected_f1", number()}}));
  const Json plan = object({{"budget_ms_per_s", number()},
                            {"cost_ms_per_s", number()},
                            {"decoding_ms_per_s", number()},
                            {"mean_f1", number()},
                            {"min_f1", number()}});
  const Json other = object({{"app", text()},
                             {"stream", text()},
                             {"expected_f1_before", number()},
                             {"expected_f1_after", number()}});
  const Json more = or_null(object({{"candidate", text()},
                                    {"fps", number()},
                                    {"expected_f1", number()},
                                    {"extra_cost_ms_per_s", number()},
                                    {"why_not", or_null(text())},
                                    {"others", list_of(other)}}));
  return object({{"feasible", boolean()},
                 {"reason", or_null(text())},
                 {"costs_guessed", boolean()},
                 {"before", plan},
                 {"after", plan},
                 {"apps", list_of(object({{"app", text()},
                                          {"stream", text()},
                                          {"before", chosen},
                                          {"after", chosen},
                                          {"reason", or_null(text())},
                                          {"more", more}}))}});
}

// All fields may be left out.
Json dry_run_schema() {
  Json added = table_schema("app");
  added["required"].push_back("name");
  const Json limit = object({}, {{"min_fps", number()}, {"weight", number()}});
  return object({}, {{"add", list_of(added)},
                     {"remove", list_of(text())},
                     {"budget", {{"anyOf", {number(), text()}}}},
                     {"cores", number()},
                     {"limits", {{"type", "object"}, {"additionalProperties", limit}}}});
}

Json change_word() {
  return {{"type", "string"}, {"enum", {"added", "changed", "removed", "enabled", "disabled"}}};
}

Json schemas() {
  Json any_object = type("object");
  return {
      {"Health", object({{"alive", boolean()}})},
      {"Readiness", object({{"ready", boolean()}, {"reasons", list_of(text())}})},
      {"Version", object({{"name", text()}, {"version", text()}, {"api", whole()}})},
      {"OpenApi", any_object},
      {"Status", status_schema()},
      {"Drops", object({{"overload", whole()}, {"budget", whole()}, {"camera", whole()}})},
      {"Stream", stream_schema()},
      {"Streams", object({{"streams", list_of(reference("Stream"))}})},
      {"App", app_schema()},
      {"Apps", object({{"apps", list_of(reference("App"))}})},
      {"Plan", plan_schema()},
      {"PlanHistory", object({{"plans", list_of(object({{"plan", whole()},
                                                        {"run", whole()},
                                                        {"time", date_time()},
                                                        {"reason", text()},
                                                        {"schedule", or_null(any_object)}}))}})},
      {"Event", event_schema()},
      {"Events", object({{"events", list_of(reference("Event"))}, {"next", or_null(text())}})},
      {"Verdict",
       object({{"verdict", verdict_word()}},
              {{"app", text()}, {"stream", text()}, {"start_time", date_time()}, {"end_time", date_time()}})},
      {"StoredVerdict", object({{"id", text()}, {"verdict", verdict_word()}})},
      {"Recording", recording_schema()},
      {"Recordings", object({{"recordings", list_of(reference("Recording"))}})},
      {"NewRecording", object({{"stream", text()}, {"seconds", whole()}})},
      {"Training", object({{"installed", boolean()},
                           {"phase", {{"type", "string"}, {"enum", {"none", "running", "done", "failed"}}}},
                           {"app", or_null(text())},
                           {"log", text()}})},
      {"Doubts", object({{"app", text()},
                         {"candidate", text()},
                         {"threshold", number()},
                         {"frames", list_of(object({{"frame", whole()},
                                                    {"score", number()},
                                                    {"marked", boolean()},
                                                    {"contradicts", boolean()}}))}})},
      {"NewTraining", object({{"app", text()}})},
      {"Marks", object({{"frames", whole()}, {"apps", marked_apps()}})},
      {"NewMarks", object({{"apps", marked_apps()}})},
      {"AppKeys", table_schema("app")},
      {"StreamKeys", table_schema("stream")},
      {"Enabled", object({{"enabled", boolean()}})},
      {"Changed",
       object(
           {{"changed",
             list_of(object({{"table", text()}, {"name", or_null(text())}, {"change", change_word()}}))}})},
      {"DryRun", dry_run_schema()},
      {"Outlook", outlook_schema()},
      {"Package", object({{"sha256", text()}, {"app", text()}})},
      {"Problem",
       object({{"title", text()}, {"status", whole()}, {"detail", text()}}, {{"faults", list_of(text())}})}};
}

Json content(const char* answer) {
  const bool media_type = std::strchr(answer, '/') != nullptr;
  if (!media_type) return {{"application/json", {{"schema", reference(answer)}}}};
  Json schema = text();
  if (std::strncmp(answer, "image/", 6) == 0 || std::strcmp(answer, "application/octet-stream") == 0)
    schema["format"] = "binary";
  return {{answer, {{"schema", std::move(schema)}}}};
}

Json parameters(const Route& route) {
  Json list = Json::array();
  const std::string path = route.path;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
    const std::string name = path.substr(open + 1, path.find('}', open) - open - 1);
    list.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", text()}});
  }
  for (const std::string key : route.query) {
    Json schema = key == "after" || key == "before"  ? date_time()
                  : key == "limit" || key == "index" ? whole()
                                                     : text();
    list.push_back({{"name", key}, {"in", "query"}, {"schema", std::move(schema)}});
  }
  return list;
}

Json operation(const Route& route) {
  Json result = {{"summary", route.summary},
                 {"x-role", to_string(route.role)},
                 {"x-for-tokens-of-streams", route.concern == Concern::streams},
                 {"parameters", parameters(route)},
                 {"responses",
                  {{"200", {{"description", "Done"}, {"content", content(route.answer)}}},
                   {"default",
                    {{"description", "Why not (RFC 9457)"},
                     {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}}}}}};
  if (route.body != nullptr) {
    result["requestBody"] = {{"required", true}, {"content", content(route.body)}};
    const bool makes_files = std::strcmp(route.body, "application/octet-stream") == 0;
    if (makes_files) result["responses"]["201"] = result["responses"]["200"];
  }
  if (route.role != Role::anyone) {
    // A token, or none where the node asks for none.
    result["security"] = Json::array({{{"token", Json::array()}}, Json::object()});
  }
  return result;
}

}  // namespace

Json openapi_document(const std::vector<Route>& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    if (route.answer == nullptr) continue;
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[route.path][method] = operation(route);
  }
  return {
      {"openapi", "3.0.3"},
      {"info", {{"title", "Mainstream node"}, {"version", MAINSTREAM_VERSION}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schemas()}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace mainstream
