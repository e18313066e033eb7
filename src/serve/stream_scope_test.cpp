// Tokens that are limited to streams, on a real node over HTTP: a token of "gate" gets nothing of "roof".
#include "serve/stream_scope.hpp"

#include <httplib.h>

#include "core/file.hpp"
#include "core/log.hpp"
#include "package/sha256.hpp"
#include "serve/api.hpp"
#include "serve/server.hpp"
#include "serve/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kJsonType = "application/json";

struct Told {
  int status = 0;
  std::string body;
  [[nodiscard]] Json json() const { return parse_json(body, "answer"); }
};

class StreamScopeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("off");
    node_ = new TestNode;
    ServeConfig config = any_port();
    config.tokens = node_->folder() / "tokens";
    write_file(config.tokens, sha256("gate") + " admin guard on gate\n" + sha256("roof") +
                                  " viewer wall on roof\n" + sha256("both") + " admin both on gate, roof\n" +
                                  sha256("all") + " admin me\n");
    std::filesystem::permissions(config.tokens, std::filesystem::perms(0600));
    server_ = new ApiServer(node_->control(), config);
    own_event_ = put_event_on("gate", "near");
    other_event_ = put_event_on("roof", "sky");
    own_recording_ = record_on("gate");
    other_recording_ = record_on("roof");
  }
  static void TearDownTestSuite() {
    delete server_;
    delete node_;
    set_log_level("info");
  }

  static std::string put_event_on(const std::string& stream, const std::string& app) {
    EventRecord event = record(node_->store().new_event_id(), EventChange::begun, app);
    event.stream = stream;
    EXPECT_TRUE(node_->store().put(event, "\xff\xd8 of " + stream));
    event.change = EventChange::ended;
    EXPECT_TRUE(node_->store().put(event));
    EXPECT_TRUE(node_->store().flush(within(kPatience)));
    return event.id;
  }
  static std::string record_on(const std::string& stream) {
    StreamRecordings& recordings = node_->service().recordings();
    std::string id = recordings.start(stream, 10, 60);
    const std::vector<std::uint8_t> grey(std::size_t{64} * 48 * 3, 100);
    EXPECT_TRUE(soon([&] {
      recordings.take(stream, {0, {}, picture_from_rgb(64, 48, grey)});
      return recordings.find(id)->frames >= 2;
    }));
    EXPECT_TRUE(recordings.stop(id));
    Labels labels;
    labels.frames = recordings.find(id)->frames;
    labels.apps[stream == "roof" ? "skylight" : "door"].resize(static_cast<std::size_t>(labels.frames));
    recordings.set_labels(id, labels);
    return id;
  }

  [[nodiscard]] static Told send(const std::string& token, const std::string& method, const std::string& path,
                                 const std::string& body = {}, const char* type = kJsonType) {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_read_timeout(30);
    const httplib::Headers headers = {{"Authorization", "Bearer " + token}, {"If-Match", "*"}};
    const auto answer = [&] {
      if (method == "GET") return client.Get(path, headers);
      if (method == "DELETE") return client.Delete(path, headers);
      if (method == "POST") return client.Post(path, headers, body, body.empty() ? "" : type);
      return client.Put(path, headers, body, type);
    }();
    return answer ? Told{answer->status, answer->body} : Told{0, httplib::to_string(answer.error())};
  }
  [[nodiscard]] static Told get(const std::string& token, const std::string& path) {
    return send(token, "GET", path);
  }
  // A route's path with a value in place of its part in braces.
  [[nodiscard]] static std::string path_of(const Route& route, const std::string& value) {
    std::string path = route.path;
    const std::size_t open = path.find('{');
    if (open != std::string::npos) path.replace(open, path.find('}') - open + 1, value);
    return path;
  }
  // A value for that part: the own one, one of the other stream, or of what there is not.
  [[nodiscard]] static std::array<std::string, 3> values_of(const Route& route) {
    const std::string_view path = route.path;
    if (path.find("/apps/") != path.npos) return {"near", "sky", "nobody"};
    if (path.find("/events/") != path.npos) return {own_event_, other_event_, "999999-00000001"};
    if (path.find("/recordings/") != path.npos) return {own_recording_, other_recording_, "nothing"};
    return {"gate", "roof", "nowhere"};
  }
  static void expect_nothing_of_roof(const std::string& text, const std::string& place) {
    for (const char* word : {"roof", "sky", "127.0.0.1:1/", "lines"})
      EXPECT_THAT(text, Not(HasSubstr(word))) << place;
    EXPECT_THAT(text, Not(HasSubstr(other_event_))) << place;
    EXPECT_THAT(text, Not(HasSubstr(other_recording_))) << place;
  }

  static TestNode* node_;
  static ApiServer* server_;
  static std::string own_event_, other_event_, own_recording_, other_recording_;
};

TestNode* StreamScopeTest::node_ = nullptr;
ApiServer* StreamScopeTest::server_ = nullptr;
std::string StreamScopeTest::own_event_, StreamScopeTest::other_event_, StreamScopeTest::own_recording_,
    StreamScopeTest::other_recording_;

TEST_F(StreamScopeTest, NoRouteTellsOfOtherStreams) {
  int answered = 0, refused = 0;
  for (const Route& route : Api::routes()) {
    const std::string path = path_of(route, values_of(route)[0]);
    if (std::string_view(route.method) != "GET" || path == "/api/v1/events/stream") continue;
    if (path == "/" || path.starts_with("/dashboard/") || path.ends_with("/schema") ||
        path.ends_with("/openapi.json"))
      continue;  // the same for every node
    const Told told = get("gate", path);
    EXPECT_EQ(told.status == 403, route.concern == Concern::node) << path << told.body;
    expect_nothing_of_roof(told.body, path);
    ++(told.status == 403 ? refused : answered);
    if (told.status == 403) {
      EXPECT_THAT(told.body, HasSubstr("concerns the whole node, the token is limited to stream gate"));
    }
  }
  EXPECT_GT(answered, 20);
  EXPECT_EQ(refused, 2) << "plan history, configuration";
}

TEST_F(StreamScopeTest, WhatIsOfAnotherStreamIsAsIfItWereNot) {
  for (const Route& route : Api::routes()) {
    if (std::string_view(route.path).find('{') == std::string_view::npos || route.role == Role::anyone)
      continue;
    const auto [own, other, none] = values_of(route);
    const std::string body = route.body == nullptr                           ? ""
                             : std::string_view(route.body) == "Verdict"     ? R"({"verdict": "false"})"
                             : std::string_view(route.body) == "Enabled"     ? R"({"enabled": false})"
                             : std::string_view(route.body) == "NewMarks"    ? R"({"apps": {}})"
                             : std::string_view(route.body) == "NewTraining" ? R"({"app": "skylight"})"
                             : std::string_view(route.body) == "StreamKeys"  ? R"({"url": "clip.avi"})"
                                                                             : "{}";
    Told told = send("gate", route.method, path_of(route, other), body);
    const Told absent = send("gate", route.method, path_of(route, none), body);
    if (std::string_view(route.body == nullptr ? "" : route.body) == "AppKeys") {
      EXPECT_EQ(told.status, 403) << "a name is there once in a node";
      continue;
    }
    EXPECT_EQ(told.status, absent.status) << route.method << route.path;
    EXPECT_EQ(told.status, route.concern == Concern::node ? 403 : 404) << route.method << route.path;
    if (const std::size_t at = told.body.find(other); at != std::string::npos)
      told.body.replace(at, other.size(), none);  // what was asked for is said back
    EXPECT_EQ(told.body, absent.body) << route.method << route.path;
  }
  EXPECT_EQ(get("all", "/api/v1/recordings/" + other_recording_).status, 200) << "nothing has changed";
  EXPECT_EQ(get("all", "/api/v1/apps/sky").json()["enabled"], true);
}

TEST_F(StreamScopeTest, TheStateHasTheTokensStreamsAlone) {
  const Json all = get("all", "/api/v1/status").json(), own = get("gate", "/api/v1/status").json();
  EXPECT_EQ(all["streams"].size(), 2U);
  ASSERT_EQ(own["streams"].size(), 1U);
  EXPECT_EQ(own["streams"][0]["name"], "gate");
  EXPECT_EQ(own["apps"].size(), 2U);
  EXPECT_TRUE(own["store"].is_null());
  EXPECT_TRUE(own["events_dropped"].is_null());
  EXPECT_TRUE(own["plan"]["budget_ms_per_s"].is_null());
  EXPECT_TRUE(own["sinks"].empty());
  for (const Json& app : own["plan"]["apps"]) EXPECT_LT(app["stem"], own["plan"]["stems"].size());
  EXPECT_EQ(get("roof", "/api/v1/apps").json()["apps"][0]["name"], "sky");
  EXPECT_EQ(get("roof", "/readyz").status, 503) << "its only stream is down";
  EXPECT_EQ(get("both", "/api/v1/streams").json()["streams"].size(), 2U);
  EXPECT_EQ(get("both", "/api/v1/plan/history").status, 403) << "all streams are not the node";
  const std::string metrics = get("gate", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("mainstream_stream_up{stream=\"gate\"}"));
  EXPECT_THAT(metrics, Not(HasSubstr("mainstream_store_bytes")));
  EXPECT_THAT(metrics, Not(HasSubstr("process_")));
  const Json document = get("gate", "/api/v1/openapi.json").json();
  SchemaCheck(document).check({{"$ref", "#/components/schemas/Status"}}, own, "status");
}

TEST_F(StreamScopeTest, PagesOfEventsHaveItsOwnAlone) {
  for (int i = 0; i < 5; ++i) (void)put_event_on(i % 2 == 0 ? "roof" : "gate", "paged");
  const Json first = get("gate", "/api/v1/events?app=paged&limit=1").json();
  EXPECT_EQ(first["events"][0]["stream"], "gate");
  const Json second =
      get("gate", "/api/v1/events?app=paged&limit=5&below=" + std::string(first["next"])).json();
  EXPECT_EQ(second["events"].size(), 1U);
  EXPECT_EQ(get("gate", "/api/v1/events?stream=roof").json()["events"].size(), 0U);
  EXPECT_EQ(get("roof", "/api/v1/events?app=paged").json()["events"].size(), 3U);
}

TEST_F(StreamScopeTest, LiveEventsAreItsOwn) {
  RawClient live(server_->port());
  ASSERT_TRUE(
      live.send("GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer gate\r\n"
                "Last-Event-ID: 0\r\n\r\n"));
  const std::string other = put_event_on("roof", "sky");
  const std::string id = put_event_on("gate", "near");
  const std::string text = live.read_until(id);
  EXPECT_THAT(text, HasSubstr(own_event_)) << "and those before";
  EXPECT_THAT(text, HasSubstr(id));
  EXPECT_THAT(text, Not(HasSubstr(other)));
  expect_nothing_of_roof(text, "live events");
}

TEST_F(StreamScopeTest, VerdictsAreOfItsStreams) {
  const auto judge = [&](const std::string& token, const std::string& id, const std::string& body) {
    return send(token, "PUT", "/api/v1/events/" + id + "/verdict", body).status;
  };
  const auto missed = [](const std::string& stream) {
    return R"({"verdict": "missed", "app": "near", "stream": ")" + stream +
           R"(", "start_time": "2024-05-17T08:30:00.250Z", "end_time": "2024-05-17T08:30:01.250Z"})";
  };
  EXPECT_EQ(judge("gate", own_event_, R"({"verdict": "true"})"), 200);
  EXPECT_EQ(judge("gate", other_event_, R"({"verdict": "true"})"), 404);
  EXPECT_EQ(judge("gate", other_event_, missed("gate")), 404)
      << "an event of another stream is not rewritten";
  EXPECT_EQ(judge("gate", "missed-1", missed("roof")), 403);
  EXPECT_EQ(judge("all", "missed-2", missed("roof")), 200);
  EXPECT_EQ(judge("gate", "missed-2", missed("gate")), 404) << "nor one that was missed there";
  EXPECT_EQ(judge("gate", "missed-3", missed("gate")), 200);
}

TEST_F(StreamScopeTest, RecordingsAreOfItsStreams) {
  const Json list = get("gate", "/api/v1/recordings").json()["recordings"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["id"], own_recording_);
  const Told roof = send("gate", "POST", "/api/v1/recordings", R"({"stream": "roof", "seconds": 5})");
  EXPECT_EQ(roof.status, 404);
  EXPECT_THAT(roof.body, HasSubstr("there is no stream"));
}

TEST_F(StreamScopeTest, AppsAreChangedOnItsStreams) {
  ASSERT_TRUE(soon([&] { return get("all", "/api/v1/streams/gate").json()["up"] == true; }));
  const auto put = [&](const std::string& app, const std::string& keys) {
    return send("gate", "PUT", "/api/v1/apps/" + app, keys);
  };
  const Told upload = send("all", "PUT", "/api/v1/packages", read_file(node_->folder() / "c.mpkg"),
                           "application/octet-stream");
  const std::string package = upload.json()["sha256"];
  const auto keys = [&](const std::string& stream) {
    return R"({"package": ")" + package + R"(", "stream": )" + stream + "}";
  };
  EXPECT_EQ(send("gate", "PUT", "/api/v1/packages", "x", "application/octet-stream").status, 403);
  EXPECT_EQ(send("gate", "POST", "/api/v1/plan/dry-run", "{}").status, 403);
  EXPECT_EQ(send("gate", "PUT", "/api/v1/config", "x", "application/toml").status, 403);
  EXPECT_EQ(send("gate", "PUT", "/api/v1/streams/gate", R"({"url": "clip.avi"})").status, 403)
      << "a stream could be made one of another camera";
  EXPECT_EQ(put("new", keys("\"roof\"")).status, 403);
  EXPECT_EQ(put("new", keys(R"(["gate", "roof"])")).status, 403);
  EXPECT_EQ(put("sky", keys("\"gate\"")).status, 403) << "it is an app of the roof";
  EXPECT_THAT(put("new", R"({"package": "/etc/passwd", "stream": "gate"})").body, HasSubstr("sha256 alone"));
  EXPECT_EQ(put("new", keys("\"gate\"")).status, 200);
  EXPECT_EQ(send("gate", "PUT", "/api/v1/apps/new/enabled", R"({"enabled": false})").status, 200);
  const Told fault = put("new", R"({"stream": "gate", "vots": 1})");
  EXPECT_EQ(fault.status, 422);
  EXPECT_THAT(fault.body, HasSubstr("vots"));
  EXPECT_EQ(send("gate", "DELETE", "/api/v1/apps/new").status, 200);

  const std::string shared = R"({"package": "c.mpkg", "stream": ["gate", "roof"]})";
  ASSERT_EQ(send("all", "PUT", "/api/v1/apps/shared", shared).status, 200);
  const Json seen = get("gate", "/api/v1/apps/shared").json();
  ASSERT_EQ(seen["streams"].size(), 1U);
  EXPECT_EQ(seen["streams"][0]["stream"], "gate");
  for (const Told& told : {send("gate", "PUT", "/api/v1/apps/shared/enabled", R"({"enabled": false})"),
                           send("gate", "DELETE", "/api/v1/apps/shared"), put("shared", keys("\"gate\""))}) {
    EXPECT_EQ(told.status, 403);
    EXPECT_THAT(told.body, HasSubstr("is on other streams, too"));
    expect_nothing_of_roof(told.body, "shared");
  }
  EXPECT_EQ(send("both", "DELETE", "/api/v1/apps/shared").status, 200);
}

TEST(StreamScope, ATextThatNamesSomethingElseIsNotSeen) {
  ServiceState state;
  state.node.streams.resize(2);
  state.node.streams[0].name = "gate";
  state.node.streams[1].name = "roof";
  state.apps.push_back({"sky", {"roof"}});
  state.apps.push_back({"near", {"gate", "roof"}});
  const StreamScope gate({"gate"});
  EXPECT_EQ(gate.seen_text("near on gate has no room", state), "near on gate has no room");
  EXPECT_FALSE(gate.seen_text("no plan fits: sky needs 3 ms/s", state));
  EXPECT_FALSE(gate.seen_text("near on roof has no room", state));
  EXPECT_EQ(StreamScope().seen_text("sky on roof", state), "sky on roof");
}

}  // namespace
}  // namespace mainstream
