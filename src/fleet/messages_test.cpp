#include "fleet/messages.hpp"

#include "core/json.hpp"
#include "core/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

const std::string kHash(64, 'a');

Json desired_json() {
  return {{"format", 1},
          {"version", 7},
          {"packages",
           {{{"name", "queue.mpkg"}, {"sha256", kHash}, {"bytes", 12}, {"url", "https://packages.lan/q"}}}},
          {"config", "[[stream]]\n"}};
}

TEST(DesiredTest, ComesBackAsItWasWritten) {
  const DesiredState state = parse_desired(desired_json().dump());
  EXPECT_EQ(state.version, 7);
  ASSERT_EQ(state.packages.size(), 1U);
  EXPECT_EQ(state.packages[0], (DesiredPackage{"queue.mpkg", kHash, 12, "https://packages.lan/q"}));
  const DesiredState again = parse_desired(to_json(state));
  EXPECT_EQ(again.version, 7);
  EXPECT_TRUE(again.same_but_for_version(state));
}

TEST(DesiredTest, RefusesAllThatIsWrongAndNamesTheField) {
  const auto refused = [](const std::string& pointer, const Json& value, const char* why) {
    Json json = desired_json();
    json[Json::json_pointer(pointer)] = value;
    EXPECT_ERROR(untrusted, parse_desired(json.dump()), why);
  };
  refused("/format", 2, "desired: format: expected 1, got 2");
  refused("/version", 0, "version");
  refused("/version", "7", "version");
  refused("/extra", 1, "extra");
  refused("/packages/0/sha256", std::string(64, 'A'), "packages[0].sha256: expected 64 lower-case");
  refused("/packages/0/sha256", "../x", "sha256");
  refused("/packages/0/bytes", 0, "bytes");
  refused("/packages/0/url", "http://packages.lan/q", "expected https://.., file://.., or http:// to this");
  refused("/packages/0/url", "ftp://127.0.0.1/q", "expected https");
  refused("/packages/1", desired_json()["packages"][0], "\"queue.mpkg\" stands twice");
  refused("/config", 1, "config");
  EXPECT_ERROR(untrusted, parse_desired("[]"), "expected an object");
  EXPECT_ERROR(untrusted, parse_desired("{"), "desired");
  EXPECT_ERROR(untrusted, parse_desired(std::string(kMostDesiredBytes + 1, ' ')), "expected at most");
  EXPECT_EQ(package_url_fault("http://127.0.0.1:8000/q.mpkg"), "");
  EXPECT_EQ(package_url_fault("http://localhost/q.mpkg"), "");
  EXPECT_EQ(package_url_fault("file:///srv/q.mpkg"), "");
  EXPECT_NE(package_url_fault("http://127.0.0.1.evil.example/q.mpkg"), "");
  EXPECT_NE(package_url_fault("http://127.0.0.1@evil.example/q.mpkg"), "");
}

TEST(ReportTest, ComesBackAsItWasWritten) {
  NodeReport report;
  report.node = "gate";
  report.program = "0.1.0";
  report.time = WallTime(std::chrono::milliseconds(1715934600250));
  report.version = 6;
  report.wanted = 7;
  report.progress = NodeReport::Progress::refused;
  report.why = "version 7:3:1: unknown key";
  report.troubles = {"stream yard: no route to host"};
  report.acknowledged = {{"central", 120}};
  const NodeReport again = parse_report(to_json(report));
  EXPECT_EQ(to_json(again), to_json(report));
  EXPECT_EQ(again.progress, NodeReport::Progress::refused);
  EXPECT_ERROR(untrusted, parse_report(R"({"format":1})"), "node");
}

TEST(RangeTest, TakesARequestAndRefusesAnythingElse) {
  const RangeRequest request =
      parse_range_request(R"({"receiver":"central","id":"r-1","after":120,"limit":50,"acknowledged":120})");
  EXPECT_EQ(request.receiver, "central");
  EXPECT_EQ(request.after, 120);
  EXPECT_EQ(request.limit, 50);
  EXPECT_EQ(parse_range_request(R"({"receiver":"central","acknowledged":3})").limit, 0);
  EXPECT_ERROR(untrusted, parse_range_request(R"({"receiver":"a/b","acknowledged":3})"), "receiver");
  EXPECT_ERROR(untrusted, parse_range_request(R"({"receiver":"central","limit":50})"), "after");
  EXPECT_ERROR(untrusted, parse_range_request(R"({"receiver":"central","after":0,"limit":501})"), "limit");
  EXPECT_ERROR(untrusted, parse_range_request(R"({"receiver":"central","aftr":1})"), "after");
}

TEST(RangeTest, AnAnswerHoldsWhatFitsAndTellsHowFarItIs) {
  RangeRequest request;
  request.id = "r-1";
  request.after = 4;
  std::vector<EventRecord> records;
  for (std::int64_t sequence = 5; sequence < 5000; ++sequence) {
    records.push_back(record("000001-00000001", EventChange::ended));
    records.back().sequence = sequence;
  }
  const std::string answer = range_answer(request, records, 4999);
  EXPECT_LT(answer.size(), kMostRangeBytes + 200);
  const Json json = Json::parse(answer);
  EXPECT_EQ(json["after"], 4);
  EXPECT_EQ(json["events"][0]["sequence"], 5);
  EXPECT_EQ(json["last"], json["events"].back()["sequence"]);
  EXPECT_TRUE(json["more"]);
  EXPECT_FALSE(Json::parse(range_answer(request, {}, 4))["more"]);
  EXPECT_EQ(Json::parse(range_answer(request, {}, 4))["last"], 4);
}

TEST(RangeTest, AnAnswerLeadsPastRecordsThatWereRemoved) {
  RangeRequest request;
  request.after = 4;
  const Json all_removed = Json::parse(range_answer(request, {}, 9));
  EXPECT_EQ(all_removed["after"], 4);
  EXPECT_EQ(all_removed["last"], 9);
  EXPECT_FALSE(all_removed["more"]);
  EXPECT_THAT(all_removed["events"], testing::IsEmpty());
  EXPECT_EQ(Json::parse(range_answer(request, {}, 2))["last"], 4) << "it never leads back";
}

TEST(TopicTest, NamesTheNode) {
  EXPECT_EQ(FleetTopics("gate").desired(), "mainstream/fleet/gate/desired");
  EXPECT_EQ(node_in_topic(FleetTopics("gate").events("central")), "gate");
  EXPECT_EQ(node_in_topic("mainstream/gate/events"), "");
}

}  // namespace
}  // namespace mainstream
