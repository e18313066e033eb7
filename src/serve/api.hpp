// The control API apart from HTTP's transport: which paths there are, who may use them, and what they answer.
// docs/api.md has the table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/service.hpp"
#include "serve/access.hpp"
#include "serve/event_feed.hpp"
#include "serve/request.hpp"

namespace mainstream {

constexpr std::size_t kMostBody = std::size_t{64} << 10;  // bytes of a request's body

class Api;

// What a request asks for.
struct Call {
  const ApiRequest& request;
  std::vector<std::string> values;           // of the {parts} of the route's path
  std::map<std::string, std::string> query;  // keys of the route only
};

struct Route {
  const char* path;  // "/api/v1/streams/{name}"
  const char* summary;
  const char* answer;  // a schema of the OpenAPI document, or a media type; nullptr: it is not in there
  ApiAnswer (Api::*handler)(const Call&);
  std::vector<const char*> query = {};  // the keys that it takes
  Role role = Role::viewer;
  const char* method = "GET";
  const char* body = nullptr;  // a schema; nullptr: takes none
};

// Thread-safe. The node outlives it.
class Api {
 public:
  Api(NodeService& node, AccessRules rules);

  // The answer to a request that is refused for its path, query, headers or sender, before its body is read.
  [[nodiscard]] std::optional<ApiAnswer> refusal(const ApiRequest& request);
  // For what refusal() let pass, with its body.
  [[nodiscard]] ApiAnswer answer(const ApiRequest& request);

  [[nodiscard]] static const std::vector<Route>& routes();

 private:
  struct Found {
    const Route* route = nullptr;  // nullptr: none; then:
    std::string methods;           // that the path has; empty: there is no such path
    std::vector<std::string> values;
  };
  [[nodiscard]] static Found find(const std::string& method, const std::vector<std::string>& path);

  [[nodiscard]] StoreReader reader();  // for the calling thread

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

  NodeService& node_;
  Access access_;
  EventFeeds feeds_;
};

}  // namespace mainstream
