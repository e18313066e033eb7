#include "serve/server.hpp"

#include <fcntl.h>
#include <httplib.h>
#include <sys/file.h>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "package/sha256.hpp"
#include "serve/connection.hpp"
#include "serve/dashboard.hpp"
#include "serve/event_feed.hpp"
#include "serve/metrics.hpp"
#include "serve/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

testing::AssertionResult is_picture(const std::string& jpeg, int width, int height) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(jpeg.data());
  const Picture picture = decode_picture({bytes, jpeg.size()}, "answer");
  if (picture.width() == width && picture.height() == height) return testing::AssertionSuccess();
  return testing::AssertionFailure() << picture.width() << " x " << picture.height();
}

class ServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("off");
    node_ = new TestNode;
    const auto has_event = [] {
      StoreReader stored(node_->store().directory());
      return !stored.events({}).empty() && !stored.plans().empty();
    };
    ASSERT_TRUE(soon(has_event));
  }
  static void TearDownTestSuite() {
    delete node_;
    set_log_level("info");
  }

  [[nodiscard]] httplib::Client client() const {
    httplib::Client client("127.0.0.1", server_.port());
    client.set_read_timeout(20);
    return client;
  }
  // The JSON of an answer with this status.
  [[nodiscard]] Json get(const std::string& path, int status = 200,
                         const httplib::Headers& headers = {}) const {
    const auto answer = client().Get(path, headers);
    if (!answer) {
      ADD_FAILURE() << path << ": " << httplib::to_string(answer.error());
      return {};
    }
    EXPECT_EQ(answer->status, status) << path << ": " << answer->body;
    const bool fails = status >= 400 && path.find("readyz") == std::string::npos;
    EXPECT_EQ(answer->get_header_value("Content-Type"),
              fails ? "application/problem+json" : "application/json");
    Json json = parse_json(answer->body, path);
    if (fails) {
      EXPECT_EQ(json["status"], status);
    }
    return json;
  }
  [[nodiscard]] std::string last_event() const { return get("/api/v1/events")["events"][0]["id"]; }
  // The answer to these bytes.
  [[nodiscard]] std::string raw(const std::string& bytes, bool finish = true) const {
    RawClient client(server_.port());
    EXPECT_TRUE(client.send(bytes));
    if (finish) client.finish();
    return client.read_all();
  }
  // A recording of "gate" with a mark of "door", that is over.
  [[nodiscard]] std::string recorded() const {
    const auto started =
        client().Post("/api/v1/recordings", R"({"stream": "gate", "seconds": 5})", "application/json");
    if (!started || started->status != 200) return started ? started->body : "no answer";
    const std::string path =
        "/api/v1/recordings/" + std::string(parse_json(started->body, "recording")["id"]);
    EXPECT_TRUE(soon([&] { return get(path)["frames"] >= 3; }));
    EXPECT_EQ(client().Post(path + "/stop", "", "application/json")->status, 200);
    const auto marked = client().Put(path + "/marks", R"({"apps": {"door": [[1, 1]]}})", "application/json");
    EXPECT_EQ(marked->status, 200) << marked->body;
    return get(path)["id"];
  }
  [[nodiscard]] std::string put_verdict(const std::string& id, const std::string& body, int status,
                                        const char* type = "application/json") const {
    const auto answer = client().Put("/api/v1/events/" + id + "/verdict", body, type);
    if (!answer) return "no answer";
    EXPECT_EQ(answer->status, status) << answer->body;
    return answer->body;
  }

  static TestNode* node_;
  ApiServer server_{node_->control(), any_port()};
};

TestNode* ServerTest::node_ = nullptr;

TEST_F(ServerTest, TellsHowTheNodeIs) {
  EXPECT_EQ(get("/healthz")["alive"], true);
  EXPECT_EQ(get("/readyz")["ready"], true);
  EXPECT_EQ(get("/api/v1/version")["version"], MAINSTREAM_VERSION);
  const Json streams = get("/api/v1/streams")["streams"];
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0]["up"], true);
  EXPECT_EQ(get("/api/v1/streams/gate")["name"], "gate");
  EXPECT_THAT(std::string(get("/api/v1/streams/roof")["reason"]), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(std::string(get("/api/v1/streams/yard", 404)["detail"]),
              HasSubstr("there is no stream \"yard\""));
  EXPECT_EQ(get("/api/v1/apps")["apps"].size(), 3U);
  const Json app = get("/api/v1/apps/near");
  EXPECT_EQ(app["enabled"], true);
  const Json placed = app["streams"][0];
  EXPECT_EQ(placed["stream"], "gate");
  EXPECT_EQ(placed["planned"], true);
  EXPECT_GT(placed["planned_fps"], 0);
  EXPECT_GT(placed["threshold"], 0);
  EXPECT_EQ(get("/api/v1/apps/sky")["streams"][0]["why_no_event"],
            "it does not run: its stream roof is not up");
  (void)get("/api/v1/apps/near@gate", 404);
  const Json plan = get("/api/v1/plan");
  EXPECT_LE(plan["cost_ms_per_s"], plan["budget_ms_per_s"]);
  EXPECT_EQ(plan["apps"][0]["app"], "near");
  EXPECT_EQ(plan["apps"][0]["stream"], "gate");
  // The service stores a plan some time after it came into force.
  const auto stored = [&] { return get("/api/v1/plan/history?limit=1")["plans"][0]["schedule"]["apps"]; };
  ASSERT_TRUE(soon([&] { return !stored().empty(); }));
  EXPECT_EQ(stored()[0]["app"], "near");
  EXPECT_EQ(get("/api/v1/status")["node"], "yard");
}

TEST_F(ServerTest, AConnectionServesManyRequests) {
  RawClient client(server_.port());
  ASSERT_TRUE(
      client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  "HEAD /api/v1/apps HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const std::string answers = client.read_all();
  EXPECT_TRUE(client.closed());
  std::size_t count = 0;
  for (std::size_t at = answers.find("200 OK"); at != std::string::npos; at = answers.find("200 OK", at + 1))
    ++count;
  EXPECT_EQ(count, 3U) << answers;
  EXPECT_THAT(answers, Not(HasSubstr("near"))) << "HEAD has no body";
}

TEST_F(ServerTest, GivesPictures) {
  const auto latest = client().Get("/api/v1/streams/gate/latest.jpg");
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->get_header_value("Content-Type"), "image/jpeg");
  EXPECT_TRUE(is_picture(latest->body, 128, 96));
  (void)get("/api/v1/streams/roof/latest.jpg", 404);
  const auto snapshot = client().Get("/api/v1/events/" + last_event() + "/snapshot.jpg");
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(is_picture(snapshot->body, 128, 96));
  (void)get("/api/v1/events/nothing/snapshot.jpg", 404);
}

TEST_F(ServerTest, PagesThroughEvents) {
  for (int i = 0; i < 3; ++i) (void)put_event(node_->store(), "paged");
  ASSERT_TRUE(node_->store().flush(within(kPatience)));
  std::vector<std::string> ids;
  std::string next;
  do {
    const Json page = get("/api/v1/events?app=paged&limit=2" + (next.empty() ? "" : "&below=" + next));
    for (const Json& event : page["events"]) ids.push_back(event["id"]);
    next = page["next"].is_null() ? "" : std::string(page["next"]);
  } while (!next.empty());
  EXPECT_GE(ids.size(), 3U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_TRUE(std::ranges::is_sorted(ids, std::greater())) << "the newest first";
  EXPECT_EQ(get("/api/v1/events/" + ids[0])["app"], "paged");
  EXPECT_EQ(get("/api/v1/events?stream=nobody")["events"].size(), 0U);
  EXPECT_EQ(get("/api/v1/events?app=paged&before=2000-01-01T00:00:00.000Z")["events"].size(), 0U);
}

TEST_F(ServerTest, KeepsVerdicts) {
  const std::string id = last_event();
  EXPECT_THAT(put_verdict(id, R"({"verdict": "false"})", 200), HasSubstr(id));
  const std::vector<Verdict> verdicts = StoreReader(node_->store().directory()).verdicts();
  const auto kept = std::ranges::find(verdicts, id, &Verdict::id);
  ASSERT_NE(kept, verdicts.end());
  EXPECT_EQ(kept->kind, Verdict::Kind::wrong);
  EXPECT_THAT(put_verdict("999999-00000001", R"({"verdict": "true"})", 404), HasSubstr("there is no event"));
  EXPECT_THAT(put_verdict(id, R"({"verdict": "true", "role": "admin"})", 400), HasSubstr("role"));
  EXPECT_THAT(put_verdict(id, R"({"verdict": 1})", 400), HasSubstr("body: verdict"));
  EXPECT_THAT(put_verdict(id, R"({"verdict": "tr)", 400), HasSubstr("body"));
  EXPECT_THAT(put_verdict(id, "verdict=true", 415, "application/x-www-form-urlencoded"),
              HasSubstr("Unsupported"));
  EXPECT_THAT(put_verdict(id, R"({"verdict": "true"})", 415, "text/plain"), HasSubstr("application/json"));
}

TEST_F(ServerTest, SendsLiveEventsAndResumes) {
  RawClient live(server_.port());
  ASSERT_TRUE(live.send("GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(live.read_until("\r\n\r\n"), HasSubstr("text/event-stream"));
  const std::string id = put_event(node_->store(), "live");
  EXPECT_THAT(live.read_until("\"type\":\"end\",\"sequence\""), HasSubstr("event: new"));
  EXPECT_TRUE(soon([&] { return live.read_until(id, milliseconds(50)).find(id) != std::string::npos; }));

  const std::int64_t last = StoreReader(node_->store().directory()).last_sequence();
  const std::string after = std::to_string(last - 1);
  RawClient resumed(server_.port());
  ASSERT_TRUE(resumed.send(
      "GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: " + after + "\r\n\r\n"));
  EXPECT_THAT(resumed.read_until("\n\n"), HasSubstr("200 OK"));
  EXPECT_THAT(resumed.read_until("id: " + std::to_string(last) + "\n"),
              HasSubstr("id: " + std::to_string(last)));
  (void)get("/api/v1/events/stream", 400, {{"Last-Event-ID", "now"}});
}

TEST(EventFeedTest, TellsWhatRetentionTookAlsoWhenNothingIsLeft) {
  const TestFolder folder;
  StoreOptions options = store_in(folder.path());
  options.max_age = milliseconds(1);
  options.tidy_every = milliseconds(5);
  Store store(options);
  (void)put_event(store);
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  ASSERT_TRUE(soon([&] { return reader.changes_after(0, 1).empty(); }));
  EventFeeds feeds(store);
  const auto feed = feeds.open(0);
  EXPECT_EQ(feed->next({}), "id: 2\nevent: lost\ndata: {\"after\":0,\"before\":3}\n\n");
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(feed->next({}), "");
  EXPECT_GE(std::chrono::steady_clock::now() - asked, milliseconds(900)) << "it does not wait for news";
}

TEST_F(ServerTest, AtMostSixteenClientsHaveLiveEventsAndTheOthersAreAnswered) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < EventFeeds::kMost; ++i) {
    clients.push_back(std::make_unique<RawClient>(server_.port()));
    ASSERT_TRUE(clients.back()->send("GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    ASSERT_THAT(clients.back()->read_until("\r\n\r\n"), HasSubstr("200 OK"));
  }
  EXPECT_THAT(std::string(get("/api/v1/events/stream", 503)["detail"]), HasSubstr("16 clients"));
  EXPECT_EQ(get("/healthz")["alive"], true);
  clients.pop_back();
  EXPECT_TRUE(soon([&] {
    RawClient again(server_.port());
    return again.send("GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n") &&
           again.read_until("\r\n\r\n").find("200 OK") != std::string::npos;
  })) << "the place of one that left is free";
}

TEST_F(ServerTest, AClientThatTakesNothingIsCutOff) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ConnectionLimits limits;
  limits.write = milliseconds(100);
  Connection connection(ends[0], nullptr, limits, {});
  EXPECT_EQ(connection.write("hello", 5), 5);
  const std::string much(8 << 20, 'x');
  EXPECT_EQ(connection.write(much.data(), much.size()), -1);
  ::close(ends[1]);
}

TEST_F(ServerTest, HostilePathsGetNothing) {
  for (const char* path :
       {"/api/v1/streams/../../etc/passwd", "/api/v1/events/..%2f..%2fstate/snapshot.jpg",
        "/api/v1/streams/%00", "/api/v1/streams/a%0d%0aSet-Cookie:%20x=1", "//healthz", "/api/v1/streams/%ff",
        "/api/v1/events?limit=-1", "/api/v1/events?limit=1&limit=2", "/api/v1/events?nothing=1",
        "/api/v1/events?below=%27%20OR%201=1", "/api/v1/streams/a,b"}) {
    const std::string answer = raw(std::string("GET ") + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400")) << path;
    EXPECT_THAT(answer, Not(HasSubstr("Set-Cookie:"))) << path;
  }
  (void)get("/etc/passwd", 404);
  (void)get("/api/v1/events/%3Cscript%3E", 404);
  EXPECT_THAT(raw("DELETE /api/v1/streams HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              testing::AllOf(HasSubstr("HTTP/1.1 405"), HasSubstr("Allow: GET")));
}

TEST_F(ServerTest, HostileRequestsAreRefused) {
  const std::string put =
      "PUT /api/v1/events/1/verdict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  EXPECT_THAT(raw(put + "Content-Length: 100000\r\n\r\n{"), HasSubstr("HTTP/1.1 413"));
  EXPECT_THAT(raw(put + "Content-Length: -1\r\n\r\n{"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(raw(put + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(raw(put + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"), HasSubstr("HTTP/1.1 411"));
  EXPECT_THAT(raw(put + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), HasSubstr("HTTP/1.1 415"));
  EXPECT_THAT(raw(put + "Content-Length: 50\r\n\r\n{\"verdict\": \"tr"), Not(HasSubstr("HTTP/1.1 200")))
      << "a body that breaks off";
  EXPECT_THAT(raw("GET /healthz HTTP/1.1\r\n\r\n"), HasSubstr("HTTP/1.1 400")) << "no host";
  EXPECT_THAT(raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n"),
              HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(raw("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n"), HasSubstr("HTTP/1.1 421"));
  EXPECT_THAT(raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n"),
              testing::AllOf(HasSubstr("HTTP/1.1 403"), Not(HasSubstr("Access-Control"))));
  EXPECT_THAT(raw("HELLO\r\n\r\n"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(raw("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              HasSubstr("HTTP/1.1 414"));
  // A header line that does not end: it is not kept in memory beyond the limit.
  EXPECT_THAT(raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(120'000, 'a'), false),
              Not(HasSubstr("200 OK")));
}

// What follows a refused request must not be taken for another one.
TEST_F(ServerTest, ABodyIsNeverARequest) {
  const std::string inner = "GET /api/v1/version HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answer =
      raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(inner.size()) +
          "\r\n\r\n" + inner);
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(answer, Not(HasSubstr("\"version\"")));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(ServerTest, ManyRangesOfAPictureGiveThePictureOnce) {
  const auto answer = client().Get("/api/v1/streams/gate/latest.jpg",
                                   httplib::Headers{{"Range", "bytes=0-,0-,0-,0-,0-,0-,0-"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(is_picture(answer->body, 128, 96));
}

TEST_F(ServerTest, ClientsThatSendSlowlyAreCutOffAndOthersComeThrough) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 30; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_.port()));
    (void)slow.back()->send("GET /healthz HTTP/1.1\r\nHost: loc");
  }
  const auto start = std::chrono::steady_clock::now();
  std::jthread drip([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const auto& client : slow) (void)client->send("a");
      std::this_thread::sleep_for(milliseconds(300));
    }
  });
  EXPECT_EQ(get("/healthz")["alive"], true);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 15);
}

TEST_F(ServerTest, AnswersHaveSecurityHeaders) {
  for (const char* path : {"/healthz", "/nothing", "/api/v1/streams/gate/latest.jpg"}) {
    const auto answer = client().Get(path);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer->get_header_value("X-Frame-Options"), "DENY");
    EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-store");
    EXPECT_THAT(answer->get_header_value("Content-Security-Policy"), HasSubstr("default-src 'none'"));
    EXPECT_FALSE(answer->has_header("Access-Control-Allow-Origin"));
  }
}

TEST_F(ServerTest, ServesTheDashboard) {
  const auto page = client().Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(page->get_header_value_count("Content-Security-Policy"), 1U);
  const std::string policy = page->get_header_value("Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  std::size_t bytes = std::stoul(page->get_header_value("Content-Length"));
  for (const DashboardFile& file : dashboard_files()) {
    const auto answer = client().Get(std::string("/dashboard/") + file.name);
    ASSERT_TRUE(answer) << file.name;
    EXPECT_EQ(answer->status, 200) << file.name;
    bytes += file.bytes.size();
    const auto again = client().Get(std::string("/dashboard/") + file.name,
                                    {{"If-None-Match", answer->get_header_value("ETag")}});
    ASSERT_TRUE(again) << file.name;
    EXPECT_EQ(again->status, 304) << file.name;
    EXPECT_TRUE(again->body.empty()) << file.name;
  }
  EXPECT_LT(bytes, 300'000U);
  (void)get("/dashboard/nothing.js", 404);
  (void)get("/dashboard", 404);
}

TEST_F(ServerTest, RecordsAndKeepsMarks) {
  const std::string path = "/api/v1/recordings/" + recorded();
  const Json recording = get(path);
  EXPECT_EQ(recording["stream"], "gate");
  EXPECT_EQ(recording["going_on"], false);
  EXPECT_TRUE(recording["fault"].is_null());
  const Json marks = get(path + "/marks");
  EXPECT_EQ(marks["frames"], recording["frames"]);
  EXPECT_EQ(marks["apps"]["door"].dump(), "[[1,1]]");
  EXPECT_TRUE(client().Get(path + "/labels.csv")->body.starts_with("frame,door\n0,0\n1,1\n2,0\n"));
  EXPECT_TRUE(client().Get(path + "/frame.jpg?index=2")->body.starts_with("\xff\xd8"));
  (void)get(path + "/frame.jpg?index=100000", 404);
  (void)get(path + "/frame.jpg?index=-1", 400);
  const auto video = client().Get(path + "/video.mkv");
  const TestFolder folder;
  write_file(folder / "video.mkv", video->body);
  VideoReader reader((folder / "video.mkv").string());
  EXPECT_TRUE(reader.next());

  const auto put = [&](const std::string& body) {
    return client().Put(path + "/marks", body, "application/json")->status;
  };
  EXPECT_EQ(put(R"({"apps": {"door": [[1]]}})"), 400);
  EXPECT_EQ(put(R"({"apps": {"door": [[2, 1]]}})"), 400);
  EXPECT_EQ(put(R"({"apps": {"door": [[0, 100000]]}})"), 400);
  EXPECT_EQ(put(R"({"apps": {"a/b": [[0, 1]]}})"), 400);
  EXPECT_EQ(put(R"({"apps": {}, "x": 1})"), 400);
  const auto train = [&](const std::string& body) {
    return client().Post(path + "/training", body, "application/json")->status;
  };
  EXPECT_EQ(get(path + "/training")["phase"], "none");
  EXPECT_EQ(train(R"({"app": "window"})"), 409) << "nothing is marked for it, or there is no trainer";
  EXPECT_EQ(train(R"({"app": "a/b"})"), 400);
  (void)get(path + "/trained.mpkg", 404);
  (void)get(path + "/doubts", 404);
  EXPECT_EQ(put(R"({"apps": {}})"), 200);
  (void)get(path + "/labels.csv", 404);
  const auto start = [&](const std::string& body) {
    return client().Post("/api/v1/recordings", body, "application/json")->status;
  };
  EXPECT_EQ(start(R"({"stream": "nobody", "seconds": 5})"), 404);
  EXPECT_EQ(start(R"({"stream": "roof", "seconds": 5})"), 409) << "it is not up";
  EXPECT_EQ(start(R"({"stream": "gate", "seconds": 0})"), 400);
  EXPECT_EQ(start(R"({"stream": "gate"})"), 400);
  EXPECT_EQ(client().Delete(path)->status, 200);
  (void)get(path, 404);
  (void)get("/api/v1/recordings/..", 400);
}

TEST_F(ServerTest, KeepsARecordingWhileItIsTrainedOn) {
  const std::string recording = recorded(), path = "/api/v1/recordings/" + recording;
  {
    // As the trainer has it.
    const std::filesystem::path log = node_->service().recordings().folder(recording) / "training.log";
    const Descriptor trainer(::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(trainer.get(), LOCK_EX), 0);
    const auto refused = client().Delete(path);
    EXPECT_EQ(refused->status, 409);
    EXPECT_THAT(refused->body, HasSubstr("a training runs on recording"));
    EXPECT_EQ(get(path)["id"], recording);
  }
  EXPECT_EQ(client().Delete(path)->status, 200);
}

// What the trainer would have left of a training of "door", which is marked in frame 1.
void put_training(const std::filesystem::path& recording) {
  write_file(recording / "training.json", R"({"app": "door", "done": true})");
  write_file(
      recording / "unseen.json",
      R"({"app": "door", "candidate": "exit-9", "threshold": 0.5, "frames": [0, 1, 2], "scores": [0.9, 1, 0]})");
}

TEST_F(ServerTest, TellsWhichFramesToLookAtFirst) {
  const std::string recording = recorded(), path = "/api/v1/recordings/" + recording;
  put_training(node_->service().recordings().folder(recording));
  const Json doubts = get(path + "/doubts");
  EXPECT_EQ(doubts["app"], "door");
  EXPECT_EQ(doubts["candidate"], "exit-9");
  ASSERT_EQ(doubts["frames"].size(), 1U) << "the others are within a second";
  EXPECT_EQ(doubts["frames"][0].dump(), R"({"frame":0,"score":0.9,"marked":false,"contradicts":true})");
  EXPECT_EQ(client().Put(path + "/marks", R"({"apps": {"door": [[0, 1]]}})", "application/json")->status,
            200);
  EXPECT_EQ(get(path + "/doubts")["frames"][0]["frame"], 0) << "the least certain one now";
  EXPECT_EQ(get(path + "/doubts")["frames"][0]["contradicts"], false);
  EXPECT_EQ(client().Delete(path)->status, 200);
}

TEST_F(ServerTest, AnswersAreAsTheOpenApiDocumentSays) {
  const Json document = get("/api/v1/openapi.json");
  const SchemaCheck schemas(document);
  const std::string event = last_event(), recording = recorded();
  put_training(node_->service().recordings().folder(recording));
  int answers = 0;
  for (const auto& item : document["paths"].items()) {
    std::string path = item.key();
    if (!item.value().contains("get") || path == "/api/v1/events/stream") continue;
    if (path.ends_with("/trained.mpkg")) continue;  // takes the trainer
    const std::string value = path.find("/apps/") != std::string::npos         ? "near"
                              : path.find("/recordings/") != std::string::npos ? recording
                              : path.find("/streams/") != std::string::npos    ? "gate"
                                                                               : event;
    if (const std::size_t open = path.find('{'); open != std::string::npos) {
      path.replace(open, path.find('}') - open + 1, value);
    }
    const auto answer = client().Get(path);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 200) << path << answer->body;
    const Json& content = item.value()["get"]["responses"]["200"]["content"];
    const std::string type = answer->get_header_value("Content-Type");
    ASSERT_TRUE(content.contains(type)) << path << ": " << type;
    if (type == "application/json")
      schemas.check(content[type]["schema"], parse_json(answer->body, path), path);
    ++answers;
  }
  EXPECT_GT(answers, 15);
  const Json verdict = parse_json(put_verdict(event, R"({"verdict": "true"})", 200), "verdict");
  schemas.check({{"$ref", "#/components/schemas/StoredVerdict"}}, verdict, "verdict");
  schemas.check({{"$ref", "#/components/schemas/Problem"}}, get("/nothing", 404), "problem");
}

// Of a metric with its labels; -1 without it.
double value_of(const std::string& metrics, const std::string& name) {
  const std::size_t at = metrics.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + name.size() + 2));
}

TEST_F(ServerTest, PrometheusTakesTheMetrics) {
  const auto answer = client().Get("/metrics");
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->get_header_value("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer->body, HasSubstr("mainstream_stream_up{stream=\"gate\"} 1"));
  EXPECT_THAT(answer->body, HasSubstr("mainstream_stream_up{stream=\"roof\"} 0"));
  EXPECT_THAT(answer->body,
              HasSubstr("mainstream_frames_dropped_total{stream=\"gate\",app=\"near\",cause=\"budget\"}"));
  EXPECT_THAT(answer->body, HasSubstr("# TYPE mainstream_app_events_total counter"));
  EXPECT_THAT(answer->body, HasSubstr("mainstream_sink_queue_events{sink=\"lines\"}"));
  EXPECT_THAT(answer->body, HasSubstr("process_cpu_seconds_total "));
  EXPECT_GT(value_of(answer->body, "mainstream_decode_seconds_total{stream=\"gate\"}"), 0);
  EXPECT_GT(value_of(answer->body, "mainstream_stem_seconds_total{stream=\"gate\"}"), 0);
  EXPECT_GT(value_of(answer->body, "mainstream_tail_seconds_total{app=\"near\",stream=\"gate\"}"), 0);
  const double frames = value_of(answer->body, "mainstream_frame_age_seconds_count{stream=\"gate\"}");
  EXPECT_GT(frames, 0);
  EXPECT_EQ(value_of(answer->body, "mainstream_frame_age_seconds_bucket{stream=\"gate\",le=\"+Inf\"}"),
            frames);
  EXPECT_GE(value_of(answer->body, "mainstream_plans_total{reason=\"streams\"}"), 1);
  if (std::system("promtool --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (prometheus) is not installed";
  const TestFolder folder;
  write_file(folder / "metrics", answer->body);
  const std::string examples = MAINSTREAM_SOURCE_DIR "/data/prometheus/";
  EXPECT_EQ(std::system(("promtool check metrics < " + (folder / "metrics").string()).c_str()), 0);
  EXPECT_EQ(std::system(("promtool check config " + examples + "prometheus.yml > /dev/null").c_str()), 0);
  EXPECT_EQ(std::system(("promtool test rules " + examples + "alerts_test.yml > /dev/null").c_str()), 0);
}

// What months bring, in one state.
TEST_F(ServerTest, MetricsTellOfDrift) {
  ServiceState state = node_->service().state();
  NodeState::Stream& stream = state.node.streams[0];
  EXPECT_EQ(value_of(metrics_text(state), "mainstream_picture_likeness{stream=\"gate\"}"), -1)
      << "it is learned still";
  stream.picture = {"moved", 0.25, 0.5, "look at the camera"};
  NodeState::App& app = state.node.apps[0];
  app.scores.from_first_days = 0.75;
  app.scores.positive_rate = 0.125;
  app.judged = NodeState::Judged{7, 2, 1, 0.875, 0.5, 0.96875, "train it again"};
  const std::string text = metrics_text(state);
  const std::string near = "{app=\"near\",stream=\"gate\"";
  EXPECT_EQ(value_of(text, "mainstream_picture_likeness{stream=\"gate\"}"), 0.25);
  EXPECT_EQ(value_of(text, "mainstream_picture_sharpness{stream=\"gate\"}"), 0.5);
  EXPECT_EQ(value_of(text, "mainstream_score_divergence" + near + ",from=\"first_days\"}"), 0.75);
  EXPECT_THAT(text, Not(HasSubstr("from=\"validation\"")));
  EXPECT_EQ(value_of(text, "mainstream_positive_rate" + near + "}"), 0.125);
  EXPECT_EQ(value_of(text, "mainstream_verdicts" + near + ",verdict=\"false\"}"), 2);
  EXPECT_EQ(value_of(text, "mainstream_judged_f1" + near + ",bound=\"low\"}"), 0.5);
  const auto warned = [&](const char* kind, const char* of) {
    return value_of(
        text, fmt::format("mainstream_drift_warning{{kind=\"{}\",stream=\"gate\",app=\"{}\"}}", kind, of));
  };
  EXPECT_EQ(warned("picture", ""), 1);
  EXPECT_EQ(warned("scores", "near"), 0);
  EXPECT_EQ(warned("verdicts", "near"), 1);
  if (std::system("promtool --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "promtool (prometheus) is not installed";
  const TestFolder folder;
  write_file(folder / "metrics", text);
  EXPECT_EQ(std::system(("promtool check metrics < " + (folder / "metrics").string()).c_str()), 0);
}

TEST_F(ServerTest, OutsideNeedsTlsAndTokens) {
  ServeConfig open = any_port();
  open.address = "0.0.0.0";
  EXPECT_ERROR(usage, check_serving(open), "0.0.0.0 can be reached from outside, so it needs tokens");
  open.address = "gate.local";
  EXPECT_ERROR(usage, check_serving(open), "expected an address like 127.0.0.1");
  ServeConfig half = any_port();
  half.certificate = "/nowhere.pem";
  EXPECT_ERROR(usage, check_serving(half), "expected both a certificate and a key");
  half.key = "/nowhere.key";
  EXPECT_ERROR(untrusted, check_serving(half), "/nowhere.pem: expected a certificate");
  EXPECT_ERROR(untrusted, ApiServer(node_->control(), half), "/nowhere.pem: expected a certificate");
  ServeConfig taken;
  taken.port = server_.port();
  EXPECT_ERROR(usage, ApiServer(node_->control(), taken), "is it taken?");
}

// As a client does it that trusts this one certificate.
TEST_F(ServerTest, WithoutACertificateItMakesOneThatClientsPin) {
  const TestFolder folder;
  ServeConfig config = any_port();
  config.address = "0.0.0.0";
  config.names = {"localhost", "127.0.0.1"};
  config.tokens = folder / "tokens";
  write_file(config.tokens, sha256("look") + " viewer wall\n");
  std::filesystem::permissions(config.tokens, std::filesystem::perms(0600));
  check_serving(config);
  const std::filesystem::path own = node_->store().directory() / "serve.pem";
  EXPECT_FALSE(exists(own)) << "a check makes none";
  const auto answers = [&](const ApiServer& server, const std::filesystem::path& trusted) {
    httplib::SSLClient client("localhost", server.port());
    client.set_ca_cert_path(trusted.c_str());
    client.enable_server_certificate_verification(true);
    const auto answer = client.Get("/api/v1/streams", httplib::Headers{{"Authorization", "Bearer look"}});
    return answer ? answer->status : 0;
  };
  {
    const ApiServer server(node_->control(), config);
    EXPECT_EQ(answers(server, own), 200);
    const std::string other =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout /dev/null -out " +
        (folder / "other.pem").string() + " 2> /dev/null";
    ASSERT_EQ(std::system(other.c_str()), 0) << other;
    EXPECT_EQ(answers(server, folder / "other.pem"), 0) << "another node with the same name";
  }
  const std::string made = read_file(own);
  const ApiServer again(node_->control(), config);
  EXPECT_EQ(read_file(own), made) << "after a restart it is the same";
  EXPECT_EQ(answers(again, own), 200);
}

TEST_F(ServerTest, ServesHttpsWithTokens) {
  const TestFolder folder;
  ServeConfig config = any_port();
  config.address = "0.0.0.0";
  config.names = {"localhost", "127.0.0.1"};
  config.certificate = folder / "node.pem";
  config.key = folder / "node.key";
  config.tokens = folder / "tokens";
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost "
      "-keyout " +
      config.key.string() + " -out " + config.certificate.string() + " 2> /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  write_file(config.tokens, sha256("look") + " viewer wall\n" + sha256("judge") + " operator yard\n");
  std::filesystem::permissions(config.tokens, std::filesystem::perms(0600));
  const ApiServer server(node_->control(), config);
  httplib::SSLClient client("127.0.0.1", server.port());
  client.enable_server_certificate_verification(false);
  const auto status = [&](const char* token) {
    const auto answer =
        client.Get("/api/v1/streams", httplib::Headers{{"Authorization", std::string("Bearer ") + token}});
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(status("look"), 200);
  EXPECT_EQ(status("wrong"), 401);
  const std::string verdict = "/api/v1/events/" + last_event() + "/verdict";
  const auto judge = [&](const char* token) {
    const auto answer =
        client.Put(verdict, httplib::Headers{{"Authorization", std::string("Bearer ") + token}},
                   R"({"verdict": "true"})", "application/json");
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(judge("look"), 403);
  EXPECT_EQ(judge("judge"), 200);
  const auto health = client.Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_TRUE(health->has_header("Strict-Transport-Security"));
  RawClient plain(server.port());
  ASSERT_TRUE(plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_THAT(plain.read_all(), Not(HasSubstr("200 OK"))) << "HTTP on the port of HTTPS";
}

}  // namespace
}  // namespace mainstream
