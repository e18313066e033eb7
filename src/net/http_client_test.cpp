// Against a real server.
#include "net/http_client.hpp"

#include <fmt/format.h>

#include <memory>
#include <sstream>

#include "core/child_testing.hpp"
#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    for (int i = 0; content_.size() < 300'000; ++i) content_ += fmt::format("{} ", i);
    std::filesystem::create_directories(folder_ / "files");
    write_file(folder_ / "files" / "one", content_);
    server_ = python_server("net/testdata/file_server.py", port_,
                            {(folder_ / "files").string(), (folder_ / "log").string()});
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}/{}", port_, path);
  }
  [[nodiscard]] Download download(const std::string& path) {
    return client_.download(url(path), part_, content_.size(), {});
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    std::istringstream text(read_file(folder_ / "log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  TestFolder folder_;
  const std::filesystem::path part_ = folder_ / "part";
  std::string content_;
  const int port_ = free_port();
  std::unique_ptr<ChildProcess> server_;
  HttpClient client_{HttpOptions{}};
};

TEST_F(HttpClientTest, AsksAndTellsWhatCameBack) {
  const HttpAnswer whole = client_.get(url("one"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, content_);
  EXPECT_FALSE(whole.cut);
  const HttpAnswer posted = client_.post(url("x"), "a\nbody", {"X-Test: yes"});
  EXPECT_EQ(posted.body, "a\nbody");
  EXPECT_EQ(requests().back(), "POST /x yes");
  const HttpAnswer busy = client_.get(url("status/503/one"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.retry_after, 7s);
  EXPECT_EQ(client_.get(url("to/" + url("one"))).status, 302) << "redirections are not followed";
  EXPECT_EQ(client_.get(url("one")).body.size(), content_.size());

  HttpClient brief({{}, 200ms, 10});
  const HttpAnswer cut = brief.get(url("one"));
  EXPECT_EQ(cut.body, content_.substr(0, 10));
  EXPECT_TRUE(cut.cut);
  EXPECT_ERROR(failed, brief.get(url("hang/one")), fmt::format("http://127.0.0.1:{}: Timeout", port_));
  EXPECT_ERROR(usage, client_.get("file:///etc/passwd"), "expected a url of http or https, got \"file\"");
  EXPECT_ERROR(failed, client_.get("http://127.0.0.1:1/"), "http://127.0.0.1:1: ");
}

TEST_F(HttpClientTest, ADownloadGoesOnWhereItBrokeOff) {
  const Download cut = download("cut/one");
  EXPECT_THAT(cut.error, testing::HasSubstr("http://127.0.0.1"));
  EXPECT_TRUE(cut.may_pass);
  const auto half = std::filesystem::file_size(part_);
  EXPECT_EQ(half, content_.size() / 2);
  EXPECT_EQ(download("one").error, "");
  EXPECT_EQ(requests().back(), fmt::format("GET /one bytes={}-", half));
  EXPECT_EQ(read_file(part_), content_);
  const std::size_t asked = requests().size();
  EXPECT_EQ(download("one").error, "");
  EXPECT_EQ(requests().size(), asked) << "it is whole already";
}

TEST_F(HttpClientTest, AServerWithoutRangesIsAskedForAll) {
  write_file(part_, content_.substr(0, 1000));
  EXPECT_EQ(download("whole/one").error, "");
  EXPECT_EQ(read_file(part_), content_);
  write_file(part_, content_ + "something else before");
  EXPECT_EQ(download("one").error, "") << "what is longer than it may be is begun anew";
  EXPECT_EQ(read_file(part_), content_);
}

TEST_F(HttpClientTest, TellsWhatIsWorthAnotherTry) {
  const Download busy = download("status/503/one");
  EXPECT_THAT(busy.error, testing::HasSubstr("expected an answer of 200 to 299, got 503"));
  EXPECT_TRUE(busy.may_pass);
  EXPECT_EQ(std::filesystem::file_size(part_), 0U) << "an error's text is not the file's";
  EXPECT_FALSE(download("status/404/one").may_pass);
  EXPECT_FALSE(download("to/" + url("one")).error.empty()) << "plain http is not redirected";
  const Download more = download("more/one");
  EXPECT_THAT(more.error, testing::HasSubstr("gives more than the"));
  EXPECT_FALSE(more.may_pass);
  EXPECT_LE(std::filesystem::file_size(part_), content_.size());
  std::filesystem::remove(part_);
  const Download fewer = client_.download(url("one"), part_, content_.size() + 5, {});
  EXPECT_THAT(fewer.error, testing::HasSubstr("expected"));
  server_->end();
  std::filesystem::remove(part_);
  EXPECT_TRUE(download("one").may_pass);
}

TEST_F(HttpClientTest, ReadsFilesAndStops) {
  const std::string file = "file://" + (folder_ / "files" / "one").string();
  write_file(part_, content_.substr(0, 7));
  EXPECT_EQ(client_.download(file, part_, content_.size(), {}).error, "");
  EXPECT_EQ(read_file(part_), content_);
  EXPECT_FALSE(client_.download("file:///nowhere/at/all", folder_ / "p", 10, {}).error.empty());
  EXPECT_THAT(client_.download("file:///dev/zero", folder_ / "z", 10, {}).error,
              testing::HasSubstr("gives more than the 10 bytes"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(client_.download(url("hang/one"), folder_ / "h", 10, stop.get_token()).error.empty());
  EXPECT_ERROR(storage, client_.download(file, folder_ / "no" / "folder", 10, {}), "cannot write");
}

TEST(UrlTest, TellsOriginAndWhetherOthersCanRead) {
  EXPECT_EQ(origin_of("https://user:secret@host.lan:8443/path?token=x"), "https://host.lan:8443");
  EXPECT_TRUE(is_private("https://host.lan/x"));
  EXPECT_TRUE(is_private("http://127.0.0.1:8080/x"));
  EXPECT_TRUE(is_private("http://[::1]/x"));
  EXPECT_FALSE(is_private("http://host.lan/x"));
  EXPECT_FALSE(is_private("http://127.0.0.1@host.lan/x"));
  EXPECT_ERROR(usage, origin_of("no url at all"), "expected a url like");
}

}  // namespace
}  // namespace mainstream
