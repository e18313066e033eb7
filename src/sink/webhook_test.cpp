#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "core/json.hpp"
#include "package/sha256.hpp"
#include "sink/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

class WebhookTest : public testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ / "secret", "it's a secret\n");
    start();
  }

  void start() {
    const std::string program = MAINSTREAM_SOURCE_DIR "/src/sink/testdata/webhook_server.py";
    server_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{"python3", program, std::to_string(port_),
                                                                "it's a secret", (folder_ / "log").string()},
                                       ChildFiles{"/dev/null", "/dev/null"});
    ASSERT_TRUE(soon([&] { return accepts_connections(port_); })) << "python3 does not start a server";
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }

  // Lets the server answer like this from now on.
  void set_mode(const std::string& mode) {
    const std::string request =
        fmt::format("POST /mode HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", mode.size(), mode);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char answer[64];
    ASSERT_GT(::read(fd, answer, sizeof answer), 0);
    ::close(fd);
  }

  std::unique_ptr<SinkRunner> run(std::chrono::milliseconds timeout = 5s) {
    WebhookOptions options;
    options.url = url("/hook?token=hidden");
    options.secret_file = folder_ / "secret";
    options.timeout = timeout;
    return std::make_unique<SinkRunner>(store_, make_webhook_sink(options), quick("hook"));
  }

  [[nodiscard]] std::vector<Json> received() const {
    std::vector<Json> posts;
    std::ifstream log(folder_ / "log");
    for (std::string line; std::getline(log, line);) posts.push_back(Json::parse(line));
    return posts;
  }
  [[nodiscard]] std::vector<std::int64_t> sequences() const {
    std::vector<std::int64_t> sequences;
    for (const Json& post : received()) {
      sequences.push_back(Json::parse(post["body"].get<std::string>())["sequence"].get<std::int64_t>());
    }
    return sequences;
  }

  TestFolder folder_;
  Store store_{store_in(folder_ / "state")};
  const int port_ = free_port();
  std::unique_ptr<ChildProcess> server_;
};

TEST_F(WebhookTest, PostsEachRecordWithASignature) {
  const auto runner = run();
  const std::string id = put_event(store_);
  ASSERT_TRUE(soon([&] { return runner->state().delivered == 2; }));
  const auto posts = received();
  ASSERT_EQ(posts.size(), 2U);
  EXPECT_EQ(posts[0]["path"], "/hook?token=hidden");
  EXPECT_EQ(posts[0]["signed"], true);
  EXPECT_EQ(posts[0]["headers"]["content-type"], "application/json");
  EXPECT_EQ(posts[0]["headers"]["x-mainstream-event"], "new");
  EXPECT_EQ(posts[1]["headers"]["x-mainstream-event"], "end");
  EXPECT_EQ(posts[1]["headers"]["x-mainstream-sequence"], "2");
  EXPECT_EQ(Json::parse(posts[1]["body"].get<std::string>())["id"], id);
}

TEST_F(WebhookTest, ATroubledServerGetsAllWhenItIsWell) {
  const auto runner = run(300ms);
  std::uint64_t failures = 0;
  for (const char* mode : {"500", "503", "408", "hang"}) {
    set_mode(mode);
    put_event(store_);
    EXPECT_TRUE(soon([&] { return runner->state().failures > failures; })) << mode;
    EXPECT_FALSE(runner->state().up);
    failures = runner->state().failures + 1;
    EXPECT_THAT(runner->state().last_error, testing::StartsWith(fmt::format("http://127.0.0.1:{}: ", port_)));
    EXPECT_THAT(runner->state().last_error, testing::Not(testing::HasSubstr("hidden")));
  }
  (void)server_->end(SIGKILL);
  put_event(store_);
  std::this_thread::sleep_for(100ms);
  start();
  EXPECT_TRUE(caught_up(store_, *runner));
  // A record comes again when the server answered, but too late for the 300 ms.
  std::vector<std::int64_t> all = sequences();
  all.erase(std::unique(all.begin(), all.end()), all.end());
  EXPECT_THAT(all, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(runner->state().skipped, 0U);
  EXPECT_TRUE(runner->state().up);
}

TEST_F(WebhookTest, ARecordThatIsRefusedIsSkipped) {
  set_mode("refuse 3");
  const auto runner = run();
  put_event(store_);
  put_event(store_);
  EXPECT_TRUE(caught_up(store_, *runner));
  EXPECT_THAT(sequences(), testing::ElementsAre(1, 2, 4));
  EXPECT_EQ(runner->state().skipped, 1U);
  EXPECT_EQ(runner->state().failures, 3U);
  EXPECT_THAT(runner->state().last_error,
              testing::HasSubstr("expected an answer of 200 to 299, got 400 \"so\\x0a\""));
}

TEST_F(WebhookTest, ARedirectionIsNotFollowed) {
  set_mode("302");
  const auto runner = run();
  put_event(store_);
  EXPECT_TRUE(soon([&] { return runner->state().skipped == 2; }));
  EXPECT_TRUE(received().empty());
}

TEST_F(WebhookTest, ObeysRetryAfter) {
  set_mode("429");
  WebhookOptions options;
  options.url = url("/hook");
  EXPECT_EQ(make_webhook_sink(options)
                ->deliver(std::array{StoredEvent{record("a", EventChange::ended), std::nullopt}}, {})
                .retry_after,
            1000ms);
}

TEST_F(WebhookTest, EndsSoonWhileTheServerHangs) {
  set_mode("hang");
  auto runner = run(30s);
  put_event(store_);
  std::this_thread::sleep_for(200ms);
  const auto start = std::chrono::steady_clock::now();
  runner.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
}

TEST(WebhookOptionsTest, AreChecked) {
  const TestFolder folder;
  WebhookOptions options;
  options.url = "file:///etc/passwd";
  EXPECT_ERROR(usage, make_webhook_sink(options), "expected a url of http or https, got \"file\"");
  options.url = "no url";
  EXPECT_ERROR(usage, make_webhook_sink(options), "expected a url like https://host/path");
  options.url = "https://example.com/";
  options.secret_file = folder / "none";
  EXPECT_ERROR(unreadable, make_webhook_sink(options), "none");
  write_file(folder / "empty", "\n");
  options.secret_file = folder / "empty";
  EXPECT_ERROR(untrusted, make_webhook_sink(options), "empty: expected a secret on the first line");
}

// RFC 4231, test cases 1, 2 and 6.
TEST(HmacTest, AgreesWithTheStandard) {
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace mainstream
