// What changes a node through the control API, on a real node over HTTP.
#include "node/control.hpp"

#include <httplib.h>

#include "core/file.hpp"
#include "core/log.hpp"
#include "package/sha256.hpp"
#include "serve/server.hpp"
#include "serve/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kJson = "application/json";
constexpr const char* kToml = "application/toml";

struct Reply {
  int status = 0;
  std::string body, tag;
  [[nodiscard]] Json json() const { return parse_json(body, "reply"); }
  [[nodiscard]] std::string detail() const { return json()["detail"]; }
};

Reply reply(const httplib::Result& result) {
  if (!result) return {0, httplib::to_string(result.error()), {}};
  return {result->status, result->body, result->get_header_value("ETag")};
}

class ControlTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("off");
    node_ = new TestNode;
  }
  static void TearDownTestSuite() {
    delete node_;
    set_log_level("info");
  }
  void SetUp() override {
    server_.emplace(node_->control(), any_port());
    ASSERT_TRUE(plans("near", "gate")) << "the node plays";
  }
  // With the file's configuration again.
  void TearDown() override {
    write_file(node_->file(), TestNode::config());
    EXPECT_EQ(send("POST", "/api/v1/config/reload").status, 200);
  }

  [[nodiscard]] Reply send(const std::string& method, const std::string& path, const std::string& body = {},
                           const char* type = kJson, const httplib::Headers& headers = {}) const {
    httplib::Client client("127.0.0.1", server_->port());
    client.set_read_timeout(30);
    if (method == "GET") return reply(client.Get(path, headers));
    if (method == "DELETE") return reply(client.Delete(path, headers));
    if (method == "POST") return reply(client.Post(path, headers, body, body.empty() ? "" : type));
    return reply(client.Put(path, headers, body, type));
  }
  [[nodiscard]] Reply put_config(const std::string& text, const std::string& tag) const {
    return send("PUT", "/api/v1/config", text, kToml, {{"If-Match", tag}});
  }
  // An app's state on a stream; null if it is not there.
  [[nodiscard]] Json app_on(const std::string& app, const std::string& stream) const {
    const Reply answer = send("GET", "/api/v1/apps/" + app);
    if (answer.status != 200) return {};
    const Json json = answer.json();
    for (const Json& placed : json["streams"])
      if (placed["stream"] == stream) return placed;
    return {};
  }
  // Whether the app comes to be planned, or not.
  [[nodiscard]] bool plans(const std::string& app, const std::string& stream, bool planned = true) const {
    return soon([&] {
      const Json placed = app_on(app, stream);
      return !placed.is_null() && placed["planned"] == planned;
    });
  }
  [[nodiscard]] std::string package(char app) const {
    return read_file(node_->folder() / (std::string(1, app) + ".mpkg"));
  }
  [[nodiscard]] std::filesystem::path uploads() const { return node_->store().directory() / "packages"; }

  static TestNode* node_;
  std::optional<ApiServer> server_;
};

TestNode* ControlTest::node_ = nullptr;

TEST_F(ControlTest, AppsComeChangeAndGo) {
  const std::string third = "/api/v1/apps/third%20app";
  const Reply added = send("PUT", third, R"({"package": "c.mpkg", "stream": ["gate"], "hours": null})");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_EQ(added.json()["changed"],
            Json::parse(R"([{"table": "app", "name": "third app", "change": "added"}])"));
  EXPECT_TRUE(plans("third%20app", "gate"));
  EXPECT_EQ(read_file(node_->file()), TestNode::config()) << "the operator's file is as it was";
  const Reply config = send("GET", "/api/v1/config");
  EXPECT_THAT(config.body,
              HasSubstr("\n[[app]]\nname = \"third app\"\npackage = \"c.mpkg\"\nstream = [\"gate\"]\n"));
  EXPECT_THAT(config.body, HasSubstr("# mainstream: changed through the control API; counts until "));
  EXPECT_EQ(config.tag, added.tag);

  const Reply changed =
      send("PUT", third, R"({"name": "third app", "package": "c.mpkg", "stream": "gate", "votes": 7})");
  EXPECT_EQ(changed.json()["changed"][0]["change"], "changed");
  EXPECT_EQ(app_on("third%20app", "gate")["votes_needed"], 7);
  EXPECT_EQ(
      send("PUT", third, R"({"package": "c.mpkg", "stream": "gate", "votes": 7})").json()["changed"].size(),
      0U);

  server_.reset();
  node_->restart();
  server_.emplace(node_->control(), any_port());
  EXPECT_TRUE(plans("third%20app", "gate")) << "after a restart";

  EXPECT_EQ(send("DELETE", third).json()["changed"][0]["change"], "removed");
  EXPECT_EQ(send("GET", third).status, 404);
  const Reply gone = send("DELETE", third);
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.detail(), HasSubstr("there is no app \"third app\""));
}

TEST_F(ControlTest, StreamsComeAndGo) {
  const std::string yard = "/api/v1/streams/yard";
  const Reply added = send("PUT", yard, R"({"url": "clip.avi", "loop": true, "fps": 12.5})");
  ASSERT_EQ(added.status, 200) << added.body;
  EXPECT_TRUE(soon([&] { return send("GET", yard).json()["up"] == true; }));
  EXPECT_EQ(send("GET", yard).json()["fps"], 12.5);
  ASSERT_EQ(send("PUT", "/api/v1/apps/near", R"({"package": "a.mpkg", "stream": ["gate", "yard"]})").status,
            200);
  EXPECT_TRUE(plans("near", "yard"));
  const Reply used = send("DELETE", yard);
  EXPECT_EQ(used.status, 422);
  EXPECT_THAT(used.detail(), HasSubstr("there is no stream \"yard\""));
  ASSERT_EQ(send("PUT", "/api/v1/apps/near", R"({"package": "a.mpkg", "stream": "gate"})").status, 200);
  EXPECT_EQ(send("DELETE", yard).status, 200);
  EXPECT_EQ(send("GET", yard).status, 404);
}

TEST_F(ControlTest, WhatIsWrongChangesNothing) {
  const std::string tag = send("GET", "/api/v1/config").tag;
  const auto put_app = [&](const std::string& body) { return send("PUT", "/api/v1/apps/new", body); };
  const Reply unknown = put_app(R"({"package": "c.mpkg", "stream": "gate", "vots": 2, "weight": -1})");
  EXPECT_EQ(unknown.status, 422);
  EXPECT_THAT(unknown.detail(), HasSubstr("did you mean \"votes\"?"));
  EXPECT_EQ(unknown.json()["faults"].size(), 2U);
  EXPECT_EQ(put_app(R"({"package": "none.mpkg", "stream": "gate"})").status, 422);
  EXPECT_EQ(put_app(R"({"package": ")" + std::string(64, 'a') + R"(", "stream": "gate"})").status, 422);
  EXPECT_EQ(put_app(R"({"package": "a.mpkg", "stream": "nowhere"})").status, 422);
  EXPECT_EQ(put_app(R"({"package": {"path": "a.mpkg"}, "stream": "gate"})").status, 400);
  EXPECT_EQ(put_app(R"({"package": "a.mpkg", "stream": "gate", "name": "other"})").status, 400);
  EXPECT_EQ(put_app(R"(["package"])").status, 400);
  // Neither values nor keys become lines of their own.
  EXPECT_EQ(put_app(R"({"package": "a.mpkg\"\n[serve]\nport = 1\n#", "stream": "gate"})").status, 400);
  EXPECT_EQ(put_app(R"({"package": "a.mpkg", "stream": "gate", "x = 1\n[serve]": 1})").status, 400);
  EXPECT_EQ(put_app(R"({"package": "a.mpkg", "stream": "gate", "x]] = [serve": 1})").status, 422);
  EXPECT_EQ(send("PUT", "/api/v1/streams/new", R"({"url": "rtsp://user:***1*@camera/1"})").status, 422);
  EXPECT_EQ(send("PUT", "/api/v1/streams/new", R"({"url": "file:///etc/passwd"})").status, 422);
  EXPECT_EQ(send("PUT", "/api/v1/apps/..%2fstate", "{}").status, 400);
  EXPECT_EQ(send("PUT", "/api/v1/apps/near", R"({"package": "a.mpkg", "stream": "gate"})", kJson,
                 {{"Origin", "http://evil.example"}})
                .status,
            403);
  EXPECT_EQ(send("GET", "/api/v1/config").tag, tag);
}

// A name may hold what a page would take for its own: the API gives it as JSON, and nothing guesses a type.
TEST_F(ControlTest, NamesWithMarkupStayText) {
  const std::string path = "/api/v1/apps/%3Cimg%20src=x%20onerror=alert(1)%3E";
  ASSERT_EQ(send("PUT", path, R"({"package": "c.mpkg", "stream": "gate"})").status, 200);
  httplib::Client client("127.0.0.1", server_->port());
  const auto answer = client.Get(path);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->get_header_value("Content-Type"), kJson);
  EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(parse_json(answer->body, "app")["name"], "<img src=x onerror=alert(1)>");
  const auto metrics = client.Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_THAT(metrics->get_header_value("Content-Type"), HasSubstr("text/plain"));
}

TEST_F(ControlTest, TheWholeConfigurationIsReplacedByItsTagAlone) {
  const std::string path = "/api/v1/config";
  const Reply before = send("GET", path);
  EXPECT_EQ(before.status, 200);
  EXPECT_THAT(before.tag, testing::MatchesRegex("\"[0-9a-f]{64}\""));
  const std::string text = before.body + "[schedule]\nbudget = 700\n";
  EXPECT_EQ(send("PUT", path, text, kToml).status, 428);
  EXPECT_EQ(put_config(text, "\"0000\"").status, 412);
  EXPECT_EQ(send("PUT", path, text, kJson, {{"If-Match", before.tag}}).status, 415);
  const Reply wrong = put_config(text + "budgte = 1\n", before.tag);
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(std::string(wrong.json()["faults"][0]), HasSubstr("unknown key in [schedule]: \"budgte\""));
  EXPECT_EQ(put_config("[node", before.tag).status, 422);
  const Reply lasting = put_config(before.body + "[serve]\nport = 1\n", before.tag);
  EXPECT_EQ(lasting.status, 422);
  EXPECT_THAT(lasting.detail(), HasSubstr("[serve] cannot change while the node runs"));

  const Reply done = put_config(text, before.tag);
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.json()["changed"],
            Json::parse(R"([{"table": "schedule", "name": null, "change": "changed"}])"));
  EXPECT_EQ(send("GET", "/api/v1/plan").json()["budget_ms_per_s"], 700);
  EXPECT_EQ(put_config(text, before.tag).status, 412) << "it is another one now";
  EXPECT_EQ(send("GET", path).tag, done.tag);
  const Json schema = send("GET", "/api/v1/config/schema").json();
  EXPECT_EQ(schema["properties"]["app"]["items"]["properties"]["votes"]["maximum"], 1000);
}

TEST_F(ControlTest, PasswordsNeverLeaveTheNode) {
  const std::string camera = "rtsp://user:s3cret@127.0.0.1:1/1?token=t0ken";
  ASSERT_EQ(send("PUT", "/api/v1/streams/cam", Json{{"url", camera}}.dump()).status, 200);
  const Reply shown = send("GET", "/api/v1/config");
  EXPECT_THAT(shown.body, Not(HasSubstr("s3cret")));
  EXPECT_THAT(shown.body, Not(HasSubstr("t0ken")));
  EXPECT_THAT(shown.body, HasSubstr("rtsp://user:***1*@127.0.0.1:1/1?token=***1*"));
  EXPECT_THAT(send("GET", "/api/v1/status").body, Not(HasSubstr("s3cret")));
  // Sent back as it was shown, it is what it was.
  const Reply back = put_config(shown.body + "# a comment\n", shown.tag);
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(back.json()["changed"].size(), 0U);
  EXPECT_THAT(node_->control().in_force()->text, HasSubstr(camera));
  // The password goes to no other host.
  std::string stolen = send("GET", "/api/v1/config").body;
  stolen.replace(stolen.find("@127.0.0.1"), 10, "@127.0.0.2");
  const Reply refused = put_config(stolen, back.tag);
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.detail(), HasSubstr("has *** in place of a password"));
  const auto rights = std::filesystem::status(node_->store().directory() / "config.toml").permissions();
  EXPECT_EQ(rights, std::filesystem::perms(0600));
}

TEST_F(ControlTest, TheFileCountsAgainWhenItChanges) {
  ASSERT_EQ(send("PUT", "/api/v1/apps/third", R"({"package": "c.mpkg", "stream": "gate"})").status, 200);
  // Written anew with the same content: nothing happens.
  write_file(node_->file(), TestNode::config());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_EQ(send("GET", "/api/v1/apps/third").status, 200);
  write_file(node_->file(), TestNode::config() + "[schedule]\nbudget = 650\n");
  EXPECT_TRUE(soon([&] { return send("GET", "/api/v1/apps/third").status == 404; }));
  EXPECT_EQ(send("GET", "/api/v1/config").body, TestNode::config() + "[schedule]\nbudget = 650\n");
  EXPECT_THAT(read_file(node_->store().directory() / "config.toml.old"), HasSubstr("name = \"third\""));
  // A wrong file changes nothing, and says so.
  write_file(node_->file(), "[node]\n");
  EXPECT_TRUE(soon([&] { return !send("GET", "/api/v1/status").json()["refused"].is_null(); }));
  EXPECT_EQ(send("POST", "/api/v1/config/reload").status, 422);
  EXPECT_EQ(send("GET", "/api/v1/plan").json()["budget_ms_per_s"], 650);
}

TEST_F(ControlTest, PackagesAreTakenVerifiedAndRun) {
  const std::string path = "/api/v1/packages";
  const std::string bytes = package('c');
  const auto put = [&](const std::string& body) {
    return send("PUT", path, body, "application/octet-stream");
  };
  const Reply first = put(bytes);
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(first.json(), Json::parse(R"({"sha256": ")" + sha256(bytes) + R"(", "app": "c"})"));
  EXPECT_EQ(put(bytes).status, 200) << "it is there already";
  EXPECT_EQ(read_file(uploads() / (sha256(bytes) + ".mpkg")), bytes);
  const std::string app = R"({"package": ")" + sha256(bytes) + R"(", "stream": "gate"})";
  ASSERT_EQ(send("PUT", "/api/v1/apps/sent", app).status, 200);
  ASSERT_TRUE(plans("sent", "gate"));
  EXPECT_EQ(app_on("sent", "gate")["package"], sha256(bytes));
}

TEST_F(ControlTest, UploadsThatAreNoPackagesLeaveNothing) {
  const std::string path = "/api/v1/packages";
  const auto put = [&](const std::string& body) {
    return send("PUT", path, body, "application/octet-stream");
  };
  const Reply text = put("hello");
  EXPECT_EQ(text.status, 422);
  EXPECT_THAT(text.detail(), Not(HasSubstr("/"))) << "names no file of the node";
  std::string broken = package('b');
  broken[broken.size() / 2] = static_cast<char>(~broken[broken.size() / 2]);
  EXPECT_EQ(put(broken).status, 422);
  EXPECT_EQ(put(package('b').substr(0, 5'000)).status, 422);
  const TestMix other(16);
  const Reply foreign = put(read_file(other.folder / "a.mpkg"));
  EXPECT_EQ(foreign.status, 409);
  EXPECT_THAT(foreign.detail(), HasSubstr("made for base"));
  EXPECT_EQ(send("PUT", path, "{}").status, 415);
  EXPECT_EQ(send("PUT", path + "/..%2f..%2fx.mpkg", "hello", "application/octet-stream").status, 400);
  EXPECT_EQ(send("PUT", path + "/x.mpkg", "hello", "application/octet-stream").status, 404);

  const auto raw = [&](const std::string& length, const std::string& body) {
    RawClient client(server_->port());
    EXPECT_TRUE(
        client.send("PUT /api/v1/packages HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                    "application/octet-stream\r\nContent-Length: " +
                    length + "\r\n\r\n" + body));
    client.finish();
    return client.read_all();
  };
  EXPECT_THAT(raw("300000000", "x"), HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(raw("99999999999", "x"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(raw("100000", package('b').substr(0, 50'000)), Not(HasSubstr("HTTP/1.1 20"))) << "breaks off";
  EXPECT_TRUE(soon([&] { return !std::filesystem::exists(uploads() / "upload.part"); }));
  EXPECT_FALSE(std::filesystem::exists(uploads() / (sha256(package('b')) + ".mpkg")));
}

TEST_F(ControlTest, OneUploadAtATime) {
  RawClient slow(server_->port());
  ASSERT_TRUE(
      slow.send("PUT /api/v1/packages HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                "application/octet-stream\r\nContent-Length: 100000\r\n\r\nhello"));
  ASSERT_TRUE(soon([&] { return std::filesystem::exists(uploads() / "upload.part"); }));
  const Reply second = send("PUT", "/api/v1/packages", package('b'), "application/octet-stream");
  EXPECT_EQ(second.status, 503) << second.body;
  slow.finish();
  EXPECT_TRUE(soon([&] {
    return send("PUT", "/api/v1/packages", package('b'), "application/octet-stream").status != 503;
  }));
}

TEST_F(ControlTest, PackagesThatNoAppRunsAreRemovedInTheEnd) {
  std::filesystem::create_directories(uploads());
  for (std::size_t i = 0; i < PackageFolder::kMostUnused + 3; ++i) {
    const std::filesystem::path old = uploads() / (sha256(std::to_string(i)) + ".mpkg");
    write_file(old, "old");
    std::filesystem::last_write_time(old,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  const Reply answer = send("PUT", "/api/v1/packages", package('a'), "application/octet-stream");
  EXPECT_LT(answer.status, 300) << answer.body;
  const auto left = std::distance(std::filesystem::directory_iterator(uploads()), {});
  EXPECT_LE(left, std::ssize(std::vector<int>(PackageFolder::kMostUnused + 1)));
  EXPECT_TRUE(std::filesystem::exists(uploads() / (sha256(package('a')) + ".mpkg")));
}

TEST_F(ControlTest, OperatorsTurnAppsOnAndOffAndNoMore) {
  const TestFolder folder;
  ServeConfig config = any_port();
  config.tokens = folder / "tokens";
  write_file(config.tokens, sha256("look") + " viewer wall\n" + sha256("turn") + " operator yard\n");
  std::filesystem::permissions(config.tokens, std::filesystem::perms(0600));
  server_.emplace(node_->control(), config);
  const auto as = [&](const char* token, const std::string& method, const std::string& path,
                      const std::string& body = {}) {
    return send(method, path, body, kJson, {{"Authorization", std::string("Bearer ") + token}});
  };
  const std::string path = "/api/v1/apps/near/enabled";
  EXPECT_EQ(as("look", "PUT", path, R"({"enabled": false})").status, 403);
  EXPECT_EQ(as("turn", "PUT", path, R"({"enabled": 0})").status, 400);
  EXPECT_EQ(as("turn", "PUT", path, R"({"enabled": false, "for": 1})").status, 400);
  EXPECT_EQ(as("turn", "PUT", "/api/v1/apps/nobody/enabled", R"({"enabled": false})").status, 404);
  const Reply off = as("turn", "PUT", path, R"({"enabled": false})");
  EXPECT_EQ(off.json()["changed"][0]["change"], "disabled") << off.body;
  const Json app = as("look", "GET", "/api/v1/apps/near").json();
  EXPECT_EQ(app["enabled"], false);
  EXPECT_EQ(app["streams"][0]["reason"], "it is turned off");
  EXPECT_EQ(as("turn", "PUT", path, R"({"enabled": true})").status, 200);
  for (const char* token : {"look", "turn"}) {
    EXPECT_EQ(as(token, "GET", "/api/v1/config").status, 403) << token;
    EXPECT_EQ(as(token, "DELETE", "/api/v1/apps/near").status, 403) << token;
    EXPECT_EQ(as(token, "PUT", "/api/v1/apps/near", "{}").status, 403) << token;
    EXPECT_EQ(as(token, "POST", "/api/v1/config/reload").status, 403) << token;
  }
  EXPECT_EQ(as("look", "POST", "/api/v1/plan/dry-run", "{}").status, 403);
  server_.emplace(node_->control(), any_port());
}

TEST_F(ControlTest, InAFleetOnlyTheFleetSaysWhatTheNodeRuns) {
  const std::string alone = read_file(node_->file(), 1 << 20);
  server_.reset();
  write_file(node_->file(), alone + "[fleet]\nurl = \"mqtt://127.0.0.1:1\"\n");
  node_->restart();
  server_.emplace(node_->control(), any_port());
  const Reply put = send("PUT", "/api/v1/apps/near", R"({"package": "a.mpkg", "stream": "gate"})");
  EXPECT_EQ(put.status, 422);
  EXPECT_THAT(put.body, HasSubstr("belongs to a fleet"));
  EXPECT_EQ(send("DELETE", "/api/v1/streams/roof").status, 422);
  EXPECT_EQ(send("PUT", "/api/v1/config", alone, "application/toml", {{"If-Match", "*"}}).status, 422);
  EXPECT_EQ(send("POST", "/api/v1/plan/dry-run", R"({"remove": ["near"]})").status, 422);
  EXPECT_EQ(send("POST", "/api/v1/plan/dry-run", R"({"budget": 50})").status, 200);
  EXPECT_EQ(send("PUT", "/api/v1/apps/near/enabled", R"({"enabled": true})").status, 200);
  server_.reset();
  write_file(node_->file(), alone);
  node_->restart();
  server_.emplace(node_->control(), any_port());
}

TEST_F(ControlTest, ADryRunTellsWhatWouldChangeAndChangesNothing) {
  const auto ask = [&](const std::string& wanted) { return send("POST", "/api/v1/plan/dry-run", wanted); };
  const Json plan = send("GET", "/api/v1/plan").json();
  const auto of = [](const Json& answer, const std::string& app) {
    for (const Json& one : answer["apps"])
      if (one["app"] == app && one["stream"] == "gate") return one;
    return Json();
  };
  const Reply same = ask("{}");
  ASSERT_EQ(same.status, 200) << same.body;
  EXPECT_EQ(same.json()["feasible"], true);
  EXPECT_EQ(of(same.json(), "near")["before"]["candidate"], plan["apps"][0]["candidate"]);
  EXPECT_FALSE(of(same.json(), "near")["after"].is_null());

  const Json more =
      ask(R"({"add": [{"name": "third", "package": "c.mpkg", "stream": "gate"}], "remove": ["far"]})").json();
  EXPECT_TRUE(of(more, "third")["before"].is_null());
  EXPECT_GT(of(more, "third")["after"]["expected_f1"], 0);
  EXPECT_EQ(of(more, "far")["reason"], "it goes");
  EXPECT_TRUE(of(more, "far")["after"].is_null());

  // With a budget for a part of that, some app has less than its best, and it says what more would cost.
  // Costs follow what the node observes between two answers, so which part that is differs.
  Json small, full;
  for (const double part : {0.5, 0.3, 0.2, 0.1}) {
    full = ask("{}").json()["after"];
    const double decoding = full["decoding_ms_per_s"], networks = double(full["cost_ms_per_s"]) - decoding;
    small = ask(Json{{"budget", decoding + part * networks}}.dump()).json();
    if (small["feasible"] == true && small["after"]["mean_f1"] < full["mean_f1"]) break;
  }
  ASSERT_EQ(small["feasible"], true) << small;
  EXPECT_LE(small["after"]["cost_ms_per_s"], small["after"]["budget_ms_per_s"]);
  EXPECT_LT(small["after"]["mean_f1"], full["mean_f1"]);
  double extra = 0;
  for (const char* app : {"near", "far"})
    if (const Json one = of(small, app)["more"]; !one.is_null())
      extra = std::max(extra, double(one["extra_cost_ms_per_s"]));
  EXPECT_GT(extra, 0) << small;
  const Json none = ask(R"({"budget": 0.001})").json();
  EXPECT_EQ(none["feasible"], false);
  EXPECT_THAT(std::string(of(none, "near")["reason"]), HasSubstr("no plan fits"));
  EXPECT_EQ(ask(R"({"cores": 1, "limits": {"near": {"min_fps": 20}}})").json()["feasible"], true);
  EXPECT_EQ(of(ask(R"({"limits": {"near": {"min_fps": 20}}})").json(), "near")["after"]["fps"], 20);

  EXPECT_EQ(ask(R"({"add": [{"name": "x", "package": "none.mpkg", "stream": "gate"}]})").status, 422);
  EXPECT_EQ(ask(R"({"remove": ["nobody"]})").status, 422);
  EXPECT_EQ(ask(R"({"budget": -1})").status, 400);
  EXPECT_EQ(ask(R"({"budgte": 1})").status, 400);
  EXPECT_EQ(ask(R"({"limits": {"nobody": {"min_fps": 1}}})").status, 400);
  EXPECT_EQ(send("GET", "/api/v1/plan").json()["number"], plan["number"]) << "the plan in force is as it was";
}

TEST_F(ControlTest, ChangesAnswerAsTheOpenApiDocumentSays) {
  const Json document = send("GET", "/api/v1/openapi.json").json();
  const SchemaCheck schemas(document);
  const auto fits = [&](const Reply& answer, const char* schema) {
    schemas.check({{"$ref", std::string("#/components/schemas/") + schema}}, answer.json(), schema);
  };
  fits(send("PUT", "/api/v1/apps/third", R"({"package": "c.mpkg", "stream": "gate"})"), "Changed");
  fits(send("PUT", "/api/v1/apps/third/enabled", R"({"enabled": false})"), "Changed");
  fits(send("PUT", "/api/v1/streams/yard", R"({"url": "clip.avi"})"), "Changed");
  fits(send("DELETE", "/api/v1/streams/yard"), "Changed");
  fits(send("POST", "/api/v1/config/reload"), "Changed");
  fits(send("PUT", "/api/v1/packages", package('c'), "application/octet-stream"), "Package");
  fits(send("POST", "/api/v1/plan/dry-run", R"({"budget": 50, "remove": ["far"]})"), "Outlook");
  fits(send("PUT", "/api/v1/apps/third", R"({"package": "c.mpkg", "stream": "gate", "x": 1})"), "Problem");
}

}  // namespace
}  // namespace mainstream
