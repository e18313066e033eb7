// The paths of the control API that change the node, or tell what a change would do.
#include <algorithm>

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/config_schema.hpp"
#include "node/state_json.hpp"
#include "package/sha256.hpp"
#include "serve/answers.hpp"
#include "serve/api.hpp"

namespace mainstream {
namespace {

// Whether an If-Match header names this tag.
bool matches(const std::string& header, const std::string& tag) {
  return header == "*" || header.find('"' + tag + '"') != std::string::npos;
}

// Streams of an app, as the body of a request has them.
std::vector<std::string> streams_in(const JsonField& keys) {
  std::vector<std::string> streams;
  const auto stream = keys.find("stream");
  if (!stream) return streams;
  if (!stream->value().is_array()) return {stream->text()};
  for (std::size_t i = 0; i < stream->size(); ++i) streams.push_back(stream->at(i).text());
  return streams;
}

// Why a token of some streams may not have an app with these keys. It names no files of the node.
std::optional<ApiAnswer> beyond(const StreamScope& scope, const JsonField& keys) {
  if (!scope.is_limited()) return std::nullopt;
  if (!scope.has_all(streams_in(keys)))
    return problem(403, "body: stream: the token is limited to " + scope.words());
  const auto package = keys.find("package");
  if (!package || is_sha256(package->text())) return std::nullopt;
  return problem(403,
                 "body: package: a token that is limited to streams names a package by its sha256 alone");
}

}  // namespace

std::vector<Route> Api::change_routes() {
  return {
      {"/api/v1/config",
       "The configuration, without passwords",
       kTomlType,
       &Api::config,
       kNode,
       {},
       Role::admin},
      {"/api/v1/config",
       "All of another one, or nothing",
       "Changed",
       &Api::put_config,
       kNode,
       {},
       Role::admin,
       "PUT",
       kTomlType},
      {"/api/v1/config/schema", "Its tables and keys as a JSON schema", "OpenApi", &Api::config_schema,
       kStreams},
      {"/api/v1/config/reload",
       "Takes the file again",
       "Changed",
       &Api::reload,
       kNode,
       {},
       Role::admin,
       "POST"},
      {"/api/v1/apps/{name}",
       "A new one, or in place of it",
       "Changed",
       &Api::put_app,
       kStreams,
       {},
       Role::admin,
       "PUT",
       "AppKeys"},
      {"/api/v1/apps/{name}", "Removes it", "Changed", &Api::delete_app, kStreams, {}, Role::admin, "DELETE"},
      {"/api/v1/apps/{name}/enabled",
       "Turns it on or off until the node ends",
       "Changed",
       &Api::enable_app,
       kStreams,
       {},
       Role::operate,
       "PUT",
       "Enabled"},
      {"/api/v1/streams/{name}",
       "A new one, or in place of it",
       "Changed",
       &Api::put_stream,
       kNode,
       {},
       Role::admin,
       "PUT",
       "StreamKeys"},
      {"/api/v1/streams/{name}",
       "Removes it",
       "Changed",
       &Api::delete_stream,
       kNode,
       {},
       Role::admin,
       "DELETE"},
      {"/api/v1/plan/dry-run",
       "What other apps or another budget would change",
       "Outlook",
       &Api::dry_run,
       kNode,
       {},
       Role::operate,
       "POST",
       "DryRun"},
      {"/api/v1/packages",
       "Keeps a package; 201, or 200 if it is there",
       "Package",
       &Api::put_package,
       kNode,
       {},
       Role::admin,
       "PUT",
       kPackageType}};
}

std::optional<ApiAnswer> Api::foreign_app(const Call& call, bool adds) {
  if (!call.scope.is_limited()) return std::nullopt;
  const auto in_force = control_.in_force();
  const std::vector<std::string>& names = in_force->app_names;
  const auto found = std::ranges::find(names, call.values[0]);
  if (found == names.end()) return std::nullopt;
  const auto& streams = in_force->config.apps[static_cast<std::size_t>(found - names.begin())].streams;
  if (call.scope.has_all(streams)) return std::nullopt;
  const auto seen = [&](const std::string& stream) { return call.scope.has(stream); };
  if (std::ranges::any_of(streams, seen))
    return problem(403, "the app is on other streams, too; the token is limited to " + call.scope.words());
  if (adds) return problem(403, "the token may not use this name; take another one");
  return problem(404, "there is no app " + in_quotes(call.values[0]));
}

ApiAnswer Api::changed(const Change& change, const StreamScope& scope) {
  using Outcome = Change::Outcome;
  if (change.outcome != Outcome::done) {
    const int status = change.outcome == Outcome::busy      ? 503
                       : change.outcome == Outcome::stale   ? 412
                       : change.outcome == Outcome::unknown ? 404
                                                            : 422;
    // What the node cannot run beside other apps may be told by their names, and lines of the configuration.
    const ServiceState state = scope.is_limited() ? node_.state() : ServiceState();
    std::vector<std::string> faults;
    for (const std::string& fault : change.faults)
      if (auto seen = scope.seen_text(fault, state)) faults.push_back(std::move(*seen));
    const auto why = scope.seen_text(change.why, state);
    if (!why) module_log("serve").warn("a change was refused: {}", change.why);
    ApiAnswer refused =
        problem(status, why.value_or("the node cannot take it over; its log says why"), faults);
    if (status == 503) refused.headers.emplace_back("Retry-After", "1");
    return refused;
  }
  Json list = Json::array();
  for (const ConfigDifference& one : change.changed)
    list.push_back({{"table", one.table}, {"name", text_or_null(one.name)}, {"change", one.change}});
  ApiAnswer answer = json_answer({{"changed", std::move(list)}});
  answer.headers.emplace_back("ETag", '"' + control_.in_force()->tag + '"');
  return answer;
}

ApiAnswer Api::config(const Call&) {
  const auto in_force = control_.in_force();
  ApiAnswer answer;
  answer.type = kTomlType;
  try {
    answer.body = without_passwords(in_force->text, in_force->written);
  } catch (const Error& error) {
    return problem(409, error.what());
  }
  answer.headers.emplace_back("ETag", '"' + in_force->tag + '"');
  return answer;
}

ApiAnswer Api::put_config(const Call& call) {
  ApiAnswer refused;
  const auto header = decoded(refused, [&] { return call.request.header("if-match"); });
  if (!header) return refused;
  if (header->empty()) {
    return problem(428, "expected If-Match with the ETag of the configuration that this one replaces, or *");
  }
  const auto text = decoded(refused, [&] { return call.body(); });
  if (!text) return refused;
  return changed(control_.put_config(*text, [&](const std::string& tag) { return matches(*header, tag); }));
}

ApiAnswer Api::config_schema(const Call&) {
  return json_answer(mainstream::config_schema());
}

ApiAnswer Api::reload(const Call&) {
  return changed(control_.reload());
}

ApiAnswer Api::put_app(const Call& call) {
  ApiAnswer refused;
  const auto answer = decoded(refused, [&]() -> ApiAnswer {
    const JsonField field = read_json(call.body(), "body");
    if (auto foreign = foreign_app(call, true)) return *foreign;
    if (auto beyond_scope = beyond(call.scope, field)) return *beyond_scope;
    return changed(control_.put_app(call.values[0], field), call.scope);
  });
  return answer ? *answer : refused;
}

ApiAnswer Api::put_stream(const Call& call) {
  ApiAnswer refused;
  const auto change =
      decoded(refused, [&] { return control_.put_stream(call.values[0], read_json(call.body(), "body")); });
  return change ? changed(*change) : refused;
}

ApiAnswer Api::delete_app(const Call& call) {
  if (auto foreign = foreign_app(call, false)) return *foreign;
  return changed(control_.remove_app(call.values[0]), call.scope);
}

ApiAnswer Api::delete_stream(const Call& call) {
  return changed(control_.remove_stream(call.values[0]));
}

ApiAnswer Api::enable_app(const Call& call) {
  ApiAnswer refused;
  const auto on = decoded(refused, [&] {
    const JsonField field = read_json(call.body(), "body");
    field.allow_only({"enabled"});
    return field["enabled"].boolean();
  });
  if (!on) return refused;
  if (auto foreign = foreign_app(call, false)) return *foreign;
  return changed(control_.set_enabled(call.values[0], *on), call.scope);
}

ApiAnswer Api::dry_run(const Call& call) {
  ApiAnswer refused;
  const auto run = decoded(refused, [&] { return control_.dry_run(read_json(call.body(), "body")); });
  if (!run) return refused;
  return run->refused.outcome == Change::Outcome::done ? json_answer(outlook_json(run->present, run->outlook))
                                                       : changed(run->refused);
}

ApiAnswer Api::put_package(const Call& call) {
  const auto upload = control_.packages().begin();
  if (!upload) {
    ApiAnswer busy = problem(503, "another package is being uploaded; try again");
    busy.headers.emplace_back("Retry-After", "10");
    return busy;
  }
  const bool whole = call.read_body && call.read_body([&](std::string_view bytes) {
    upload->add(bytes);
    return true;
  });
  if (!whole) return problem(400, "body: broke off");
  PackageFolder::Taken taken;
  try {
    taken = control_.packages().take(*upload, control_.in_force()->config);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::storage) throw;
    return problem(422, error.what());
  }
  if (!taken.no_base.empty()) return problem(409, taken.no_base);
  ApiAnswer answer = json_answer({{"sha256", taken.sha256}, {"app", taken.app}});
  if (taken.is_new) answer.status = 201;
  return answer;
}

}  // namespace mainstream
