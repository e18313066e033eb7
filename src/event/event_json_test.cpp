#include "event/event_json.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

EventRecord make_event() {
  EventRecord event;
  event.app = "near \"road\"";
  event.stream = "gate";
  event.id = "gate-1";
  event.frames = {365, 403};
  event.start_seconds = 36.5;
  event.end_seconds = 40.3;
  event.start_time = WallTime(1715934600250ms);
  event.end_time = WallTime(1715934604050ms);
  event.peak_score = 0.9F;
  event.seen = 20;
  event.positive = 18;
  event.confirmed_frame = 367;
  event.branchpoint = "features/3";
  event.fps = 5;
  event.votes = 2;
  event.candidate = "exit-23";
  event.package = "9f86d081";
  event.plan = 0;
  return event;
}

constexpr const char* kLine =
    R"({"app":"near \"road\"","stream":"gate","id":"gate-1","start_frame":365,"end_frame":403,)"
    R"("start_seconds":36.5,"end_seconds":40.3,"start_time":"2024-05-17T08:30:00.250Z",)"
    R"("end_time":"2024-05-17T08:30:04.050Z","peak_score":0.9,"frames_seen":20,"frames_positive":18,)"
    R"("branchpoint":"features/3","fps":5.0,"confirmed_frame":367,"votes":2,"candidate":"exit-23",)"
    R"("package":"9f86d081","plan":0})";

TEST(EventJsonTest, WritesTheDocumentedLine) {
  EXPECT_EQ(to_json_line(make_event()), kLine);
}

TEST(EventJsonTest, ReadsWhatItWrites) {
  const EventRecord event = parse_event_line(kLine, "x:1");
  EXPECT_EQ(to_json_line(event), kLine);
  EXPECT_EQ(event.start_time, make_event().start_time);
  EXPECT_EQ(event.frames, make_event().frames);
}

TEST(EventJsonTest, WhatIsNotKnownIsLeftOut) {
  const EventRecord event = parse_event_line(R"({"app":"a","start_frame":3,"end_frame":5})", "x:1");
  EXPECT_FALSE(event.confirmed_frame || event.plan);
  EXPECT_EQ(event.votes, 0);
  EXPECT_EQ(event.candidate + event.package, "");
  for (const char* field : {"confirmed_frame", "votes", "candidate", "package", "plan"}) {
    EXPECT_THAT(to_json_line(event), testing::Not(testing::HasSubstr(field)));
  }
  EXPECT_FALSE(detection_of(event).confirmed);
  EXPECT_EQ(detection_of(parse_event_line(kLine, "x:1")).confirmed, 367);
}

TEST(EventJsonTest, TellsWhatScoresDependOn) {
  EventRecord event = make_event();
  event.peak_frame = 370;
  event.answered_by = AnsweredBy{{NumberType::int8, NumberType::int8}, NumberType::f32, 0.3F, {}};
  std::string line = to_json_line(event);
  EXPECT_THAT(line, testing::HasSubstr(R"("peak_frame":370,"number_types":{"stem":"int8","tail":"f32"},)"
                                       R"("threshold":0.3)"));
  event.answered_by->stem = {NumberType::f32, NumberType::int8};
  event.answered_by->region = {0, 0.25, 0.5, 0.75};
  line = to_json_line(event);
  EXPECT_THAT(line, testing::HasSubstr(R"("stem":["f32","int8"])"));
  const EventRecord read = parse_event_line(line, "x:1");
  EXPECT_EQ(read.answered_by, event.answered_by);
  EXPECT_EQ(read.peak_frame, 370);
  const auto with = [](const std::string& fields) {
    return parse_event_line(R"({"app":"a","start_frame":3,"end_frame":5,)" + fields + "}", "x");
  };
  EXPECT_ERROR(untrusted, with(R"("number_types":{"stem":"f64","tail":"f32"},"threshold":0)"),
               "expected f32, bf16 or int8, got \"f64\"");
  EXPECT_ERROR(untrusted, with(R"("number_types":{"stem":[],"tail":"f32"},"threshold":0)"), "a list");
  EXPECT_ERROR(untrusted, with(R"("number_types":{"stem":"f32","tail":"f32"},"threshold":0,"region":[0,1])"),
               "expected 4 values, got 2");
}

TEST(EventJsonTest, AFileMayHoldOneEvent) {
  const TestFolder folder;
  write_file(folder / "e.json", "{\n \"app\": \"a\",\n \"start_frame\": 3, \"end_frame\": 5}\n");
  EXPECT_EQ(read_event(folder / "e.json").app, "a");
  write_file(folder / "e.json", std::string(kLine) + "\n");
  EXPECT_EQ(read_event(folder / "e.json").id, "gate-1");
  write_file(folder / "e.json", std::string(kLine) + "\n" + kLine + "\n");
  EXPECT_ERROR(untrusted, read_event(folder / "e.json"), "expected one event, got 2");
}

TEST(EventJsonTest, ReadsEventsOfOtherPrograms) {
  const TestFolder folder;
  write_file(folder / "e.jsonl",
             "{\"app\":\"a\",\"start_frame\":3,\"end_frame\":5,\"note\":[1,2]}\r\n\n"
             "{\"app\": \"b\", \"start_frame\": 0, \"end_frame\": 0}");
  const auto events = read_events(folder / "e.jsonl");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].frames, (FrameRange{3, 5}));
  EXPECT_EQ(events[1].app, "b");
  write_file(folder / "e.jsonl", "");
  EXPECT_TRUE(read_events(folder / "e.jsonl").empty());
}

TEST(EventJsonTest, NearMissesAreNoEventsEither) {
  EventRecord near = make_event();
  near.change = EventChange::nearly;
  const TestFolder folder;
  write_file(folder / "e.jsonl", to_json_line(near) + "\n");
  EXPECT_TRUE(read_events(folder / "e.jsonl").empty());
  EXPECT_EQ(read_event(folder / "e.jsonl").change, EventChange::nearly) << "replay takes it as it is";
}

TEST(EventJsonTest, MessagesNameFileLineAndField) {
  const TestFolder folder;
  const auto read_second = [&](const std::string& line) {
    write_file(folder / "e.jsonl", std::string(kLine) + "\n" + line + "\n");
    return read_events(folder / "e.jsonl");
  };
  EXPECT_ERROR(untrusted, read_second("{\"app\":"), "e.jsonl:2: not JSON");
  EXPECT_ERROR(untrusted, read_second("[]"), "e.jsonl:2: expected an object");
  EXPECT_ERROR(untrusted, read_second("{\"app\":\"a\",\"end_frame\":5}"), "e.jsonl:2: field \"start_frame\"");
  EXPECT_ERROR(untrusted, read_second("{\"app\":\"a\",\"start_frame\":-1,\"end_frame\":5}"),
               "start_frame: expected");
  EXPECT_ERROR(untrusted, read_second("{\"app\":\"a\",\"start_frame\":6,\"end_frame\":5}"),
               "e.jsonl:2: end_frame: expected a whole number from 6");
  EXPECT_ERROR(untrusted, read_second(R"({"app":"a","start_frame":1,"end_frame":5,"confirmed_frame":6})"),
               "e.jsonl:2: confirmed_frame: expected a whole number from 1");
  EXPECT_ERROR(untrusted, read_second(R"({"app":"a","start_frame":1,"end_frame":5,"votes":-1})"),
               "e.jsonl:2: votes");
  for (const std::string time : {"now", "2024-02-30T00:00:00.000Z", "2024-05-17T08:30:00.250",
                                 "2024-05-17T25:00:00.000Z", "2024-5-17T08:30:00.2500Z"}) {
    EXPECT_ERROR(untrusted,
                 read_second(R"({"app":"a","start_frame":1,"end_frame":5,"start_time":")" + time + "\"}"),
                 "e.jsonl:2: start_time: \"" + time + "\" is not a time");
  }
  EXPECT_ERROR(unreadable, read_events(folder / "none.jsonl"), "none.jsonl");
}

TEST(EventJsonTest, RecordsOfANodeTellTypeAndSequence) {
  EventRecord event = make_event();
  event.change = EventChange::interrupted;
  event.sequence = 41;
  event.snapshot = true;
  const std::string line = to_json_line(event);
  EXPECT_THAT(line, testing::HasSubstr(R"("type":"interrupted","sequence":41,"snapshot":true)"));
  EXPECT_EQ(to_json_line(parse_event_line(line, "x:1")), line);
  EXPECT_ERROR(untrusted,
               parse_event_line(R"({"app":"a","start_frame":1,"end_frame":5,"type":"over"})", "x:1"),
               "x:1: type: expected new, update, end, interrupted, warning or near_miss, got \"over\"");
}

TEST(EventJsonTest, WarningsAreNoEvents) {
  EventRecord warning;
  warning.stream = "gate";
  warning.id = "000001-00000007";
  warning.change = EventChange::warned;
  warning.warning = "the camera has moved; turn it back";
  const std::string line = to_json_line(warning);
  const EventRecord read = parse_event_line(line, "line");
  EXPECT_EQ(read.change, EventChange::warned);
  EXPECT_EQ(read.warning, warning.warning);
  EXPECT_TRUE(read.over());
  const TestFolder folder;
  write_file(folder / "e.jsonl", line + "\n");
  EXPECT_TRUE(read_events(folder / "e.jsonl").empty());
}

TEST(EventJsonTest, ReadsTheLastRecordOfEachEvent) {
  const TestFolder folder;
  std::string lines;
  const auto add = [&](const char* id, EventChange change, std::int64_t sequence) {
    EventRecord event = make_event();
    event.id = id;
    event.change = change;
    event.sequence = sequence;
    lines += to_json_line(event) + "\n";
  };
  add("a", EventChange::begun, 1);
  add("b", EventChange::begun, 2);
  add("a", EventChange::ended, 3);
  add("a", EventChange::begun, 1);  // delivered again
  write_file(folder / "e.jsonl", lines);
  const auto events = read_events(folder / "e.jsonl");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].id, "a");
  EXPECT_TRUE(events[0].over());
  EXPECT_EQ(events[1].id, "b");
  EXPECT_FALSE(events[1].over());
}

TEST(EventJsonTest, BytesThatAreNotUtf8AreReplaced) {
  EventRecord event;
  event.app = "a\xFF";
  EXPECT_EQ(parse_event_line(to_json_line(event), "x").app, "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace mainstream
