#include "serve/request.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(RequestTest, PathsAndQueriesAreDecodedAfterTheyAreSplit) {
  const Target target = parse_target("/api/v1/streams/front%20gate/latest.jpg?app=a+b%21&limit=3");
  EXPECT_THAT(target.path, ElementsAre("api", "v1", "streams", "front gate", "latest.jpg"));
  EXPECT_THAT(target.query, ElementsAre(Pair("app", "a b!"), Pair("limit", "3")));
  EXPECT_TRUE(parse_target("/").path.empty());
  EXPECT_THAT(parse_target("/caf%C3%A9+?").path, ElementsAre("caf\u00e9+"));
}

TEST(RequestTest, HostileTargetsAreRefused) {
  for (const char* target :
       {"", "api", "http://other/", "//x", "/a//b", "/a/", "/../etc/passwd", "/a/..", "/a/%2e%2e/b", "/a/./b",
        "/a%2Fb", "/a%5Cb", "/a%00", "/a%0d%0aX: y", "/a%", "/a%2", "/a%zz", "/%ff", "/a%e2%80%ae"}) {
    SCOPED_TRACE(target);
    EXPECT_ERROR(untrusted, parse_target(target), "path: ");
  }
  for (const char* target : {"/?a", "/?a=1&a=2", "/?a=%0a", "/?a=%4", "/?&", "/?a=1&"}) {
    SCOPED_TRACE(target);
    EXPECT_ERROR(untrusted, parse_target(target), "query: ");
  }
  EXPECT_ERROR(untrusted, parse_target("/" + std::string(3'000, 'a')), "path: a part of it is too long");
  std::string many = "/a";
  for (int i = 0; i < 20; ++i) many += "/a";
  EXPECT_ERROR(untrusted, parse_target(many), "path: has more than 16 parts");
}

TEST(RequestTest, EventQueriesAreChecked) {
  const EventQuery query = parse_event_query({{"stream", "gate"},
                                              {"app", "near road"},
                                              {"after", "2024-05-17T08:30:00.250Z"},
                                              {"below", "000001-00000002"},
                                              {"limit", "1000"},
                                              {"near_misses", "true"}});
  EXPECT_EQ(query.stream, "gate");
  EXPECT_EQ(query.app, "near road");
  EXPECT_EQ(query.after->time_since_epoch().count(), 1715934600250);
  EXPECT_FALSE(query.before);
  EXPECT_EQ(query.below, "000001-00000002");
  EXPECT_EQ(query.limit, 1000U);
  EXPECT_TRUE(query.near_misses);
  EXPECT_FALSE(parse_event_query({{"near_misses", "false"}}).near_misses);
  EXPECT_ERROR(untrusted, parse_event_query({{"near_misses", "1"}}), "near_misses: expected true or false");
  EXPECT_EQ(parse_event_query({}).limit, 100U);
  EXPECT_ERROR(untrusted, parse_event_query({{"after", "yesterday"}}),
               "query: after: \"yesterday\" is not a time");
  EXPECT_ERROR(untrusted, parse_event_query({{"stream", "a/b"}}), "query: stream: ");
  EXPECT_ERROR(untrusted, parse_event_query({{"below", "../x"}}),
               "query: below: expected the id of an event");
  for (const char* limit : {"0", "1001", "-1", "1e3", "", " 1", "99999999999999999999"}) {
    SCOPED_TRACE(limit);
    EXPECT_ERROR(untrusted, parse_event_query({{"limit", limit}}), "query: limit: expected a whole number");
  }
}

TEST(RequestTest, VerdictsAreChecked) {
  EXPECT_EQ(parse_verdict(R"({"verdict": "false"})").kind, Verdict::Kind::wrong);
  const Verdict missed = parse_verdict(R"({"verdict": "missed", "app": "a", "stream": "gate",
                        "start_time": "2024-05-17T08:30:00.000Z", "end_time": "2024-05-17T08:30:02.000Z"})");
  EXPECT_EQ(missed.app, "a");
  EXPECT_EQ((missed.end - missed.start).count(), 2'000);
  EXPECT_ERROR(untrusted, parse_verdict(""), "body");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": "tr)"), "body");
  EXPECT_ERROR(untrusted, parse_verdict("[]"), "body: expected an object");
  EXPECT_ERROR(untrusted, parse_verdict("{}"), "field \"verdict\" is missing");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": true})"), "body: verdict");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": "yes"})"),
               "expected true, false or missed, got \"yes\"");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": "true", "app": "a"})"), "app");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": "true", "verdict": "false"})"), "body");
  EXPECT_ERROR(untrusted, parse_verdict(R"({"verdict": "missed", "app": "a", "stream": "gate",
                   "start_time": "2024-05-17T08:30:02.000Z", "end_time": "2024-05-17T08:30:00.000Z"})"),
               "body: end_time: expected a time not before start_time");
  EXPECT_ERROR(untrusted, parse_verdict(std::string(1'000, '[')), "body");
}

TEST(RequestTest, AHeaderThatStandsTwiceIsRefused) {
  ApiRequest request;
  request.headers = {{"host", "a"}, {"host", "b"}, {"origin", "c"}};
  EXPECT_EQ(request.header("origin"), "c");
  EXPECT_EQ(request.header("accept"), "");
  EXPECT_ERROR(untrusted, request.header("host"), "headers: expected one host, got several");
}

}  // namespace
}  // namespace mainstream
