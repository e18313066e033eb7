#include "serve/access.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

using Clock = Access::Clock;

ApiRequest request(const std::string& token = {}) {
  ApiRequest request;
  request.method = "GET";
  request.remote = "192.0.2.1";
  request.headers.emplace("host", "gate.local:8443");
  if (!token.empty()) request.headers.emplace("authorization", "Bearer " + token);
  return request;
}

int status(Access& access, const ApiRequest& asked, Role role = Role::viewer,
           Clock::time_point now = Clock::time_point{}) {
  const auto refused = access.refusal(asked, role, Concern::streams, now);
  return refused ? refused->status : 200;
}

AccessRules rules() {
  return {.hosts = {"gate.local"},
          .tokens = {{{sha256("look"), Role::viewer, "wall"}, {sha256("all"), Role::admin, "me"}}},
          .tls = true};
}

TEST(AccessTest, ATokenHasARole) {
  Access access(rules());
  EXPECT_EQ(status(access, request(), Role::anyone), 200);
  EXPECT_EQ(status(access, request()), 401);
  EXPECT_EQ(status(access, request("wrong")), 401);
  EXPECT_EQ(status(access, request(sha256("look"))), 401) << "the hash is no token";
  EXPECT_EQ(status(access, request("look")), 200);
  EXPECT_EQ(status(access, request("look"), Role::operate), 403);
  EXPECT_EQ(status(access, request("all"), Role::operate), 200);
  ApiRequest basic = request();
  basic.headers.emplace("authorization", "Basic look");
  EXPECT_EQ(status(access, basic), 401);
}

TEST(AccessTest, ATokenOfStreamsIsRefusedWhatConcernsTheNode) {
  Access access({.hosts = {"gate.local"},
                 .tokens = {{{sha256("some"), Role::admin, "guard", StreamScope({"gate", "roof"})},
                             {sha256("all"), Role::viewer, "me"}}}});
  EXPECT_FALSE(access.refusal(request("some"), Role::admin, Concern::streams));
  const auto refused = access.refusal(request("some"), Role::viewer, Concern::node);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403);
  EXPECT_THAT(refused->body, testing::HasSubstr("the token is limited to streams gate, roof"));
  EXPECT_FALSE(access.refusal(request("all"), Role::viewer, Concern::node));
  EXPECT_TRUE(access.scope_of(request("some")).has("gate"));
  EXPECT_FALSE(access.scope_of(request("some")).has("yard"));
  EXPECT_TRUE(access.scope_of(request("all")).has("yard"));
  EXPECT_FALSE(access.scope_of(request("wrong")).has("gate"));
}

TEST(AccessTest, ManyFailuresLockTheAddressForAMinute) {
  Access access(rules());
  const Clock::time_point start{};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status(access, request("wrong"), Role::viewer, start), 401);
  EXPECT_EQ(status(access, request("look"), Role::viewer, start), 429) << "guesses are not even compared";
  ApiRequest other = request("look");
  other.remote = "192.0.2.2";
  EXPECT_EQ(status(access, other, Role::viewer, start), 200);
  EXPECT_EQ(status(access, request("look"), Role::viewer, start + std::chrono::seconds(61)), 200);
}

TEST(AccessTest, OtherHostsAndSitesAreRefused) {
  Access access({.hosts = {"gate.local", "[::1]"}, .tokens = {}, .tls = false});
  const auto with = [&](const std::string& host, const std::string& name = {},
                        const std::string& value = {}) {
    ApiRequest asked;
    if (!host.empty()) asked.headers.emplace("host", host);
    if (!name.empty()) asked.headers.emplace(name, value);
    return status(access, asked);
  };
  EXPECT_EQ(with("gate.local"), 200);
  EXPECT_EQ(with("GATE.local:8080"), 200);
  EXPECT_EQ(with("[::1]:8080"), 200);
  EXPECT_EQ(with(""), 400);
  EXPECT_EQ(with("evil.example"), 421);
  EXPECT_EQ(with("gate.local.evil.example"), 421);
  EXPECT_EQ(with("gate.local", "origin", "http://gate.local"), 200);
  EXPECT_EQ(with("gate.local", "origin", "https://gate.local"), 403);
  EXPECT_EQ(with("gate.local", "origin", "http://evil.example"), 403);
  EXPECT_EQ(with("gate.local", "origin", "null"), 403);
  EXPECT_EQ(with("gate.local", "sec-fetch-site", "cross-site"), 403);
  EXPECT_EQ(with("gate.local", "sec-fetch-site", "same-origin"), 200);
}

TEST(AccessTest, OtherSitesMayLinkToWhatAnyoneMaySee) {
  Access access({.hosts = {"gate.local"}, .tokens = {}});
  ApiRequest link;
  link.headers = {{"host", "gate.local"}, {"sec-fetch-site", "cross-site"}, {"sec-fetch-dest", "document"}};
  EXPECT_FALSE(access.refusal(link, Role::anyone));
  EXPECT_EQ(access.refusal(link, Role::viewer)->status, 403);
  ApiRequest frame = link;
  frame.headers.erase("sec-fetch-dest");
  frame.headers.emplace("sec-fetch-dest", "iframe");
  EXPECT_EQ(access.refusal(frame, Role::anyone)->status, 403);
}

TEST(AccessTest, TheFileOfTokensIsChecked) {
  const TestFolder folder;
  const auto file = folder / "tokens";
  const auto write = [&](const std::string& text) {
    write_file(file, text);
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  };
  write("# who\n\n" + sha256("x") + " operator yard-tablet\n");
  const std::vector<Token> tokens = read_tokens(file);
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_EQ(tokens[0].role, Role::operate);
  EXPECT_EQ(tokens[0].name, "yard-tablet");
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_ERROR(untrusted, read_tokens(file), "has mode 640, expected 600");
  write("secret viewer me\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "tokens:1: expected a sha256");
  write(sha256("x") + " root me\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "expected the role viewer, operator or admin, got \"root\"");
  write(sha256("x") + " admin\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "expected a name after the role");
  write(sha256("x") + " admin me too\n");
  EXPECT_ERROR(untrusted, read_tokens(file),
               "expected `on STREAM, ..` or nothing after the name, got \"too\"");
  write(sha256("x") + " admin me on\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "expected names of streams after `on`");
  write(sha256("x") + " admin me on gate,,roof\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "expected names of streams after `on`");
  write(sha256("x") + " viewer me on gate, north yard \r\n");
  EXPECT_EQ(read_tokens(file)[0].scope.streams(), (std::vector<std::string>{"gate", "north yard"}));
  write("# none\n");
  EXPECT_ERROR(untrusted, read_tokens(file), "expected a token, got none");
  EXPECT_ERROR(unreadable, read_tokens(folder / "nothing"), "nothing");
}

}  // namespace
}  // namespace mainstream
