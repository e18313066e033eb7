#include "serve/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/state_json.hpp"
#include "serve/answers.hpp"
#include "serve/dashboard.hpp"
#include "serve/metrics.hpp"
#include "serve/openapi.hpp"
#include "store/state_directory.hpp"

namespace mainstream {
namespace {

constexpr const char* kJpeg = "image/jpeg";
constexpr std::size_t kMostJson = std::size_t{64} << 10;  // bytes of a body

ApiAnswer no_event(const std::string& id) {
  return problem(404, "there is no event " + in_quotes(id));
}

// Why the headers do not fit the route; they say how long a body is and what it holds.
std::optional<ApiAnswer> unfit_headers(const ApiRequest& request, const Route& route) {
  if (request.headers.contains("transfer-encoding")) {
    return problem(411, "expected Content-Length instead of Transfer-Encoding");
  }
  if (request.headers.contains("content-encoding")) {
    return problem(415, "expected a body without Content-Encoding");
  }
  const std::string length = request.header("content-length");
  const bool digits = length.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || length.size() > 9) return problem(400, "headers: expected a whole number as Content-Length");
  const std::size_t bytes = length.empty() ? 0 : std::stoul(length);
  if (route.body == nullptr) {
    return bytes > 0 ? std::optional(problem(400, "expected no body")) : std::nullopt;
  }
  if (bytes > route.most_body())
    return problem(413, fmt::format("a body has at most {} bytes here, got {}", route.most_body(), bytes));
  const std::string type = request.header("content-type");
  const std::string expected = std::strchr(route.body, '/') != nullptr ? route.body : "application/json";
  if (type != expected && !type.starts_with(expected + ";")) {
    return problem(415, fmt::format("expected a body of {}, got {}", expected, in_quotes(type)));
  }
  return length.empty() ? std::optional(problem(411, "expected Content-Length")) : std::nullopt;
}

}  // namespace

std::size_t Route::most_body() const {
  if (body == nullptr) return 0;
  const std::string_view kind = body;
  return kind == kTomlType ? kMostConfigBytes : kind == kPackageType ? PackageFolder::kMostBytes : kMostJson;
}

std::string Call::body() const {
  std::string body;
  const bool whole = read_body && read_body([&](std::string_view bytes) {
                       body += bytes;
                       return true;
                     });
  if (!whole) throw Error(ErrorKind::untrusted, "body: broke off");
  return body;
}

ApiAnswer problem(int status, const std::string& detail, const std::vector<std::string>& faults) {
  static const std::map<int, const char*> titles = {{400, "Bad request"},
                                                    {401, "Unauthorized"},
                                                    {403, "Forbidden"},
                                                    {404, "Not found"},
                                                    {405, "Method not allowed"},
                                                    {409, "Conflict"},
                                                    {411, "Length required"},
                                                    {412, "Precondition failed"},
                                                    {413, "Content too large"},
                                                    {414, "URI too long"},
                                                    {415, "Unsupported media type"},
                                                    {421, "Misdirected request"},
                                                    {422, "Unprocessable content"},
                                                    {428, "Precondition required"},
                                                    {429, "Too many requests"},
                                                    {500, "Internal error"},
                                                    {503, "Service unavailable"}};
  const auto title = titles.find(status);
  ApiAnswer answer;
  answer.status = status;
  answer.type = "application/problem+json";
  Json body{
      {"title", title == titles.end() ? "Error" : title->second}, {"status", status}, {"detail", detail}};
  if (!faults.empty()) body["faults"] = faults;
  answer.body = json_text(body);
  return answer;
}

std::vector<Route> Api::read_routes() {
  constexpr const char* kAlive = "Whether the node lives";
  constexpr const char* kReady = "Whether the node analyses, or why not; 503 if not";
  return {
      {"/", "The dashboard", nullptr, &Api::dashboard, kStreams, {}, Role::anyone},
      {"/dashboard/{file}", "A file of it", nullptr, &Api::dashboard, kStreams, {}, Role::anyone},
      {"/healthz", kAlive, "Health", &Api::health, kStreams, {}, Role::anyone},
      {"/readyz", kReady, "Readiness", &Api::ready, kStreams},
      {"/metrics", "Metrics for Prometheus", kMetricsType, &Api::metrics, kStreams},
      {"/api/v1/healthz", kAlive, "Health", &Api::health, kStreams, {}, Role::anyone},
      {"/api/v1/readyz", kReady, "Readiness", &Api::ready, kStreams},
      {"/api/v1/version", "The program's version", "Version", &Api::version, kStreams},
      {"/api/v1/openapi.json", "This document", "OpenApi", &Api::openapi, kStreams},
      {"/api/v1/status", "How the node is, all in one", "Status", &Api::status, kStreams},
      {"/api/v1/streams", "All streams", "Streams", &Api::streams, kStreams},
      {"/api/v1/streams/{name}", "One stream", "Stream", &Api::stream, kStreams},
      {"/api/v1/streams/{name}/latest.jpg", "Its newest picture", kJpeg, &Api::latest_picture, kStreams},
      {"/api/v1/apps", "All apps", "Apps", &Api::apps, kStreams},
      {"/api/v1/apps/{name}", "One app, and why it reports no event", "App", &Api::app, kStreams},
      {"/api/v1/plan", "The plan in force", "Plan", &Api::plan, kStreams},
      {"/api/v1/plan/history",
       "Plans, the newest first",
       "PlanHistory",
       &Api::plan_history,
       kNode,
       {"limit"}},
      {"/api/v1/events",
       "Events, the newest first, or near misses; `next` is `below` of the next page",
       "Events",
       &Api::events,
       kStreams,
       {"stream", "app", "after", "before", "below", "limit", "near_misses"}},
      {"/api/v1/events/stream", "Live events as server-sent events", "text/event-stream", &Api::live_events,
       kStreams},
      {"/api/v1/events/{id}", "One event", "Event", &Api::event, kStreams},
      {"/api/v1/events/{id}/snapshot.jpg", "The picture of its peak", kJpeg, &Api::snapshot, kStreams},
      {"/api/v1/events/{id}/verdict",
       "What a person says of it",
       "StoredVerdict",
       &Api::put_verdict,
       kStreams,
       {},
       Role::operate,
       "PUT",
       "Verdict"},
      {"/api/v1/recordings", "What was recorded of streams, the newest first", "Recordings", &Api::recordings,
       kStreams},
      {"/api/v1/recordings",
       "Records a stream from now on",
       "Recording",
       &Api::start_recording,
       kStreams,
       {},
       Role::operate,
       "POST",
       "NewRecording"},
      {"/api/v1/recordings/{id}", "One recording", "Recording", &Api::recording, kStreams},
      {"/api/v1/recordings/{id}",
       "Removes it",
       "Recording",
       &Api::remove_recording,
       kStreams,
       {},
       Role::operate,
       "DELETE"},
      {"/api/v1/recordings/{id}/stop",
       "Ends it",
       "Recording",
       &Api::stop_recording,
       kStreams,
       {},
       Role::operate,
       "POST"},
      {"/api/v1/recordings/{id}/frame.jpg",
       "One of its frames",
       kJpeg,
       &Api::recorded_frame,
       kStreams,
       {"index"}},
      {"/api/v1/recordings/{id}/video.mkv", "Its video", "video/x-matroska", &Api::recorded_video, kStreams},
      {"/api/v1/recordings/{id}/marks", "In which frames apps are to find something", "Marks", &Api::marks,
       kStreams},
      {"/api/v1/recordings/{id}/marks",
       "Replaces all marks",
       "Marks",
       &Api::put_marks,
       kStreams,
       {},
       Role::operate,
       "PUT",
       "NewMarks"},
      {"/api/v1/recordings/{id}/labels.csv", "The marks as labels of all frames", "text/csv",
       &Api::label_file, kStreams},
      {"/api/v1/recordings/{id}/training", "How the training of exits goes", "Training", &Api::training,
       kStreams},
      {"/api/v1/recordings/{id}/training",
       "Trains exits for a marked app on this machine",
       "Training",
       &Api::start_training,
       kStreams,
       {},
       Role::operate,
       "POST",
       "NewTraining"},
      {"/api/v1/recordings/{id}/doubts", "Frames to look at first after a training", "Doubts", &Api::doubts,
       kStreams},
      {"/api/v1/recordings/{id}/trained.mpkg", "The package that was trained", "application/octet-stream",
       &Api::trained_package, kStreams}};
}

const std::vector<Route>& Api::routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> routes = read_routes();
    for (Route& route : change_routes()) routes.push_back(std::move(route));
    return routes;
  }();
  return all;
}

Api::Api(NodeControl& control, AccessRules rules)
    : control_(control), node_(control.node()), access_(std::move(rules)), feeds_(node_.store()) {}

std::size_t Api::most_body(const std::string& method, const std::string& target) {
  try {
    const Found found = find(method, parse_target(target).path);
    return found.route == nullptr ? 0 : found.route->most_body();
  } catch (const Error&) {
    return 0;  // refusal() says why
  }
}

Api::Found Api::find(const std::string& method, const std::vector<std::string>& path) {
  Found found;
  const std::string wanted = method == "HEAD" ? "GET" : method;
  for (const Route& route : routes()) {
    std::vector<std::string> values;
    const std::string pattern = std::string(route.path + 1) + (route.path[1] == '\0' ? "" : "/");
    std::size_t start = 0, part = 0;
    bool same = true;
    for (std::size_t end; same && (end = pattern.find('/', start)) != std::string::npos;
         start = end + 1, ++part) {
      const std::string_view word = std::string_view(pattern).substr(start, end - start);
      same = part < path.size() && (word.front() == '{' || word == path[part]);
      if (same && word.front() == '{') values.push_back(path[part]);
    }
    if (!same || part != path.size()) continue;
    if (route.method == wanted) return {&route, {}, std::move(values)};
    found.methods += (found.methods.empty() ? "" : ", ") + std::string(route.method);
  }
  return found;
}

std::optional<ApiAnswer> Api::refusal(const ApiRequest& request) {
  ApiAnswer refused;
  const auto target = decoded(refused, [&] { return parse_target(request.target); });
  if (!target) return refused;
  const Found found = find(request.method, target->path);
  const Role role = found.route != nullptr ? found.route->role : Role::viewer;
  const Concern concern = found.route != nullptr ? found.route->concern : Concern::streams;
  const auto denied = decoded(refused, [&] { return access_.refusal(request, role, concern); });
  if (!denied) return refused;
  if (*denied) return *denied;
  if (found.route == nullptr) {
    if (found.methods.empty()) return problem(404, "there is no such path");
    ApiAnswer answer = problem(405, "this path takes " + found.methods);
    answer.headers.emplace_back("Allow", found.methods);
    return answer;
  }
  for (const auto& [key, value] : target->query) {
    if (std::ranges::find(found.route->query, key) == found.route->query.end()) {
      return problem(400, "query: unknown key " + in_quotes(key));
    }
  }
  for (const std::string& value : found.values) {
    if (const std::string fault = name_fault(value); !fault.empty()) return problem(400, "path: " + fault);
  }
  const auto unfit = decoded(refused, [&] { return unfit_headers(request, *found.route); });
  return unfit ? *unfit : refused;
}

ApiAnswer Api::answer(const ApiRequest& request, const ReadBody& read_body) {
  try {
    Target target = parse_target(request.target);
    Found found = find(request.method, target.path);
    if (found.route == nullptr) return problem(404, "there is no such path");
    return (this->*found.route->handler)(
        {request, std::move(found.values), std::move(target.query), read_body, access_.scope_of(request)});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::storage) return problem(503, error.what());
    // What went wrong inside may name files: the log has it.
    module_log("serve").error("{} {}: {}", request.method, clean(request.target), error.what());
    return problem(500, "the node could not answer; its log says why");
  }
}

StoreReader Api::reader() {
  return StoreReader(node_.store().directory());
}

ServiceState Api::state(const StreamScope& scope) {
  return scope.seen(node_.state());
}

ApiAnswer Api::dashboard(const Call& call) {
  const std::string name = call.values.empty() ? "index.html" : call.values[0];
  return dashboard_answer(name, call.request.header("if-none-match"));
}

ApiAnswer Api::health(const Call&) {
  return json_answer({{"alive", true}});
}

ApiAnswer Api::ready(const Call& call) {
  const std::vector<std::string> reasons = not_ready(state(call.scope));
  ApiAnswer answer = json_answer({{"ready", reasons.empty()}, {"reasons", reasons}});
  if (!reasons.empty()) answer.status = 503;
  return answer;
}

ApiAnswer Api::version(const Call&) {
  return json_answer({{"name", "mainstream"}, {"version", MAINSTREAM_VERSION}, {"api", 1}});
}

ApiAnswer Api::openapi(const Call&) {
  return json_answer(openapi_document(routes()));
}

ApiAnswer Api::metrics(const Call& call) {
  ApiAnswer answer;
  answer.type = kMetricsType;
  answer.body = metrics_text(state(call.scope), !call.scope.is_limited());
  return answer;
}

ApiAnswer Api::status(const Call& call) {
  return json_answer(call.scope.seen_status(state_json(state(call.scope))));
}

ApiAnswer Api::streams(const Call& call) {
  Json list = Json::array();
  for (const auto& stream : state(call.scope).node.streams) list.push_back(stream_json(stream));
  return json_answer({{"streams", std::move(list)}});
}

ApiAnswer Api::stream(const Call& call) {
  const ServiceState state = this->state(call.scope);
  const auto found = std::ranges::find(state.node.streams, call.values[0], &NodeState::Stream::name);
  if (found == state.node.streams.end())
    return problem(404, "there is no stream " + in_quotes(call.values[0]));
  return json_answer(stream_json(*found));
}

ApiAnswer Api::latest_picture(const Call& call) {
  std::optional<std::string> jpeg;
  if (call.scope.has(call.values[0])) jpeg = node_.latest_jpeg(call.values[0]);
  if (!jpeg) return problem(404, "there is no picture of a stream " + in_quotes(call.values[0]));
  ApiAnswer answer;
  answer.type = kJpeg;
  answer.body = std::move(*jpeg);
  return answer;
}

ApiAnswer Api::apps(const Call& call) {
  const ServiceState state = this->state(call.scope);
  Json list = Json::array();
  for (const auto& app : state.apps) list.push_back(app_json(app, state.node));
  return json_answer({{"apps", std::move(list)}});
}

ApiAnswer Api::app(const Call& call) {
  const ServiceState state = this->state(call.scope);
  const auto found = std::ranges::find(state.apps, call.values[0], &ServiceState::App::name);
  if (found == state.apps.end()) return problem(404, "there is no app " + in_quotes(call.values[0]));
  return json_answer(app_json(*found, state.node));
}

ApiAnswer Api::plan(const Call& call) {
  return json_answer(call.scope.seen_plan(plan_json(state(call.scope).node)));
}

ApiAnswer Api::plan_history(const Call& call) {
  ApiAnswer refused;
  const auto limit = decoded(refused, [&] { return parse_limit(call.query); });
  if (!limit) return refused;
  Json list = Json::array();
  for (const PlanRecord& record : reader().plans(*limit)) list.push_back(plan_record_json(record));
  return json_answer({{"plans", std::move(list)}});
}

ApiAnswer Api::events(const Call& call) {
  ApiAnswer refused;
  auto query = decoded(refused, [&] { return parse_event_query(call.query); });
  if (!query) return refused;
  query->streams = call.scope.streams();
  StoreReader reader = this->reader();
  const std::vector<EventRecord> events = reader.events(*query);
  Json list = Json::array();
  for (const EventRecord& event : events) list.push_back(judged_event_json(event, reader));
  const bool more = events.size() == query->limit;
  return json_answer({{"events", std::move(list)}, {"next", more ? Json(events.back().id) : Json()}});
}

ApiAnswer Api::live_events(const Call& call) {
  if (call.request.method == "HEAD") return problem(405, "this path takes GET");
  ApiAnswer refused;
  const auto after = decoded(refused, [&]() -> std::optional<std::int64_t> {
    const std::string id = call.request.header("last-event-id");
    return id.empty() ? std::nullopt : std::optional(parse_last_event_id(id));
  });
  if (!after) return refused;
  ApiAnswer answer;
  answer.type = "text/event-stream";
  answer.feed = feeds_.open(*after, call.scope);
  if (answer.feed) return answer;
  answer =
      problem(503, fmt::format("{} clients have live events already, which is the most", EventFeeds::kMost));
  answer.headers.emplace_back("Retry-After", "10");
  return answer;
}

ApiAnswer Api::event(const Call& call) {
  const std::string& id = call.values[0];
  StoreReader reader = this->reader();
  const auto event = is_event_id(id) ? reader.event(id) : std::nullopt;
  return event && call.scope.has(event->stream) ? json_answer(judged_event_json(*event, reader))
                                                : no_event(id);
}

ApiAnswer Api::snapshot(const Call& call) {
  const std::string& id = call.values[0];
  StoreReader reader = this->reader();
  const auto stream = is_event_id(id) ? reader.stream_of(id) : std::nullopt;
  std::optional<std::string> jpeg = stream && call.scope.has(*stream) ? reader.snapshot(id) : std::nullopt;
  if (!jpeg) return problem(404, "there is no picture of an event " + in_quotes(id));
  ApiAnswer answer;
  answer.type = kJpeg;
  answer.body = std::move(*jpeg);
  return answer;
}

ApiAnswer Api::put_verdict(const Call& call) {
  const std::string& id = call.values[0];
  ApiAnswer refused;
  auto verdict = decoded(refused, [&] { return parse_verdict(call.body()); });
  if (!verdict) return refused;
  if (!is_event_id(id)) return no_event(id);
  const auto stream = reader().stream_of(id);  // a missed event has one once it was told
  if (stream && !call.scope.has(*stream)) return no_event(id);
  if (verdict->kind == Verdict::Kind::missed && !call.scope.has(verdict->stream))
    return problem(403, "body: stream: the token is limited to " + call.scope.words());
  verdict->id = id;
  verdict->given = wall_now();
  const char* word = to_string(verdict->kind);
  if (!node_.store().put(std::move(*verdict))) return no_event(id);
  return json_answer({{"id", id}, {"verdict", word}});
}

}  // namespace mainstream
