// The control API apart from HTTP's transport: which paths there are, who may use them, and what they answer.
// docs/api.md has the table.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "node/control.hpp"
#include "serve/access.hpp"
#include "serve/event_feed.hpp"
#include "serve/request.hpp"

namespace mainstream {

inline constexpr const char* kTomlType = "application/toml";
inline constexpr const char* kPackageType = "application/octet-stream";

// Hands the body of a request on in pieces, until `take` is false. False when the body broke off.
using ReadBody = std::function<bool(const std::function<bool(std::string_view)>& take)>;

// Of routes (Route::concern).
constexpr Concern kNode = Concern::node, kStreams = Concern::streams;

class Api;

// What a request asks for.
struct Call {
  const ApiRequest& request;
  std::vector<std::string> values;           // of the {parts} of the route's path
  std::map<std::string, std::string> query;  // keys of the route only
  const ReadBody& read_body;
  StreamScope scope;  // what who asks may see

  [[nodiscard]] std::string body() const;  // whole; throws untrusted when it breaks off
};

struct Route {
  const char* path;  // "/api/v1/streams/{name}"
  const char* summary;
  const char* answer;  // a schema of the OpenAPI document, or a media type; nullptr: it is not in there
  ApiAnswer (Api::*handler)(const Call&);
  Concern concern;
  std::vector<const char*> query = {};  // the keys that it takes
  Role role = Role::viewer;
  const char* method = "GET";
  const char* body = nullptr;  // a schema, then it is JSON, or a media type; nullptr: takes none

  [[nodiscard]] std::size_t most_body() const;  // bytes; 0: takes none
};

// Thread-safe. The node outlives it.
class Api {
 public:
  Api(NodeControl& control, AccessRules rules);

  // The most bytes of a body that this may have, whoever sends it.
  [[nodiscard]] static std::size_t most_body(const std::string& method, const std::string& target);
  // The answer to a request that is refused for its path, query, headers or sender, before its body is read.
  [[nodiscard]] std::optional<ApiAnswer> refusal(const ApiRequest& request);
  // For what refusal() let pass. Reads the body if the path takes one.
  [[nodiscard]] ApiAnswer answer(const ApiRequest& request, const ReadBody& read_body = {});

  [[nodiscard]] static const std::vector<Route>& routes();

 private:
  struct Found {
    const Route* route = nullptr;  // nullptr: none; then:
    std::string methods;           // that the path has; empty: there is no such path
    std::vector<std::string> values;
  };
  [[nodiscard]] static Found find(const std::string& method, const std::vector<std::string>& path);

  [[nodiscard]] static std::vector<Route> read_routes();
  [[nodiscard]] static std::vector<Route> change_routes();
  [[nodiscard]] StoreReader reader();                          // for the calling thread
  [[nodiscard]] ServiceState state(const StreamScope& scope);  // what it may see
  // The recording in the path, if who asks may see it.
  [[nodiscard]] std::optional<StreamRecording> asked_recording(const Call& call);
  [[nodiscard]] bool has_recording(const Call& call);  // that the call may see
  // Why who asks may not change the app in the path, which is on other streams: one who adds one, too, else
  // 404.
  [[nodiscard]] std::optional<ApiAnswer> foreign_app(const Call& call, bool adds);

  ApiAnswer dashboard(const Call& call);
  ApiAnswer health(const Call& call);
  ApiAnswer ready(const Call& call);
  ApiAnswer version(const Call& call);
  ApiAnswer openapi(const Call& call);
  ApiAnswer status(const Call& call);
  ApiAnswer metrics(const Call& call);
  ApiAnswer streams(const Call& call);
  ApiAnswer stream(const Call& call);
  ApiAnswer latest_picture(const Call& call);
  ApiAnswer apps(const Call& call);
  ApiAnswer app(const Call& call);
  ApiAnswer plan(const Call& call);
  ApiAnswer plan_history(const Call& call);
  ApiAnswer events(const Call& call);
  ApiAnswer live_events(const Call& call);
  ApiAnswer event(const Call& call);
  ApiAnswer snapshot(const Call& call);
  ApiAnswer put_verdict(const Call& call);
  // recordings_api.cpp
  ApiAnswer recordings(const Call& call);
  ApiAnswer recording(const Call& call);
  ApiAnswer start_recording(const Call& call);
  ApiAnswer stop_recording(const Call& call);
  ApiAnswer remove_recording(const Call& call);
  ApiAnswer recorded_frame(const Call& call);
  ApiAnswer recorded_video(const Call& call);
  ApiAnswer marks(const Call& call);
  ApiAnswer put_marks(const Call& call);
  ApiAnswer label_file(const Call& call);
  ApiAnswer training(const Call& call);
  ApiAnswer start_training(const Call& call);
  ApiAnswer trained_package(const Call& call);
  ApiAnswer doubts(const Call& call);
  ApiAnswer config(const Call& call);
  ApiAnswer put_config(const Call& call);
  ApiAnswer config_schema(const Call& call);
  ApiAnswer reload(const Call& call);
  ApiAnswer put_app(const Call& call);
  ApiAnswer delete_app(const Call& call);
  ApiAnswer enable_app(const Call& call);
  ApiAnswer put_stream(const Call& call);
  ApiAnswer delete_stream(const Call& call);
  ApiAnswer dry_run(const Call& call);
  ApiAnswer put_package(const Call& call);
  [[nodiscard]] ApiAnswer changed(const Change& change, const StreamScope& scope = {});

  NodeControl& control_;
  NodeService& node_;
  Access access_;
  EventFeeds feeds_;
};

}  // namespace mainstream
