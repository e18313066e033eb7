#include <fmt/format.h>

#include "cli_testing.hpp"
#include "core/json.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

constexpr const char* kTruth = "frame,door,lift\n0,0,0\n1,1,0\n2,1,0\n3,0,0\n4,0,0\n5,1,0\n6,0,0\n7,0,0\n";

std::string event(const std::string& app, int first, int last, const std::string& stream = "gate") {
  return fmt::format("{{\"app\":\"{}\",\"stream\":\"{}\",\"start_frame\":{},\"end_frame\":{}}}\n", app,
                     stream, first, last);
}

class ScoreCommandTest : public testing::Test {
 protected:
  CliResult score(const std::string& events, const std::string& options = "") {
    write_file(folder_ / "truth.csv", kTruth);
    write_file(folder_ / "events.jsonl", events);
    return run_cli("score --truth " + (folder_ / "truth.csv").string() + " --events " +
                   (folder_ / "events.jsonl").string() + " " + options);
  }
  TestFolder folder_;
};

// At 2 frames per second a frame beside an event is within the tolerance.
TEST_F(ScoreCommandTest, PrintsATable) {
  const CliResult result = score(event("door", 2, 3) + event("door", 7, 7) + event("lift", 3, 3), "--fps 2");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(
      result.out,
      "app      f1  error  recall  precision   found  detections  false alarms  per hour  per found  "
      "covered  delay s  always on\n"
      "door  0.500  0.498   0.500      0.500  1 of 2           2           1.0     900.0        1.0  "
      "  0.333        -      0.857\n"
      "lift      -      -       -          -  0 of 0           1           1.0     900.0          -  "
      "      -        -          -\n"
      "lift: no true event in these frames, so there is no F1; 1 false alarm\n"
      "frames 0..7 at 2 fps: mean f1 0.500, error 0.498, lowest 0.500, always on 0.857, over 1 of 2 apps\n");
}

TEST_F(ScoreCommandTest, PrintsJson) {
  const std::string with_times =
      R"({"app":"door","stream":"gate","start_frame":1,"end_frame":5,"end_seconds":2.0,"confirmed_frame":2})"
      "\n";
  const CliResult result = score(with_times + event("lift", 1, 1), "--json --frames 0..4");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json json = parse_json(result.out, "output");
  EXPECT_EQ(json["first_frame"], 0);
  EXPECT_EQ(json["last_frame"], 4);
  EXPECT_EQ(json["fps"], 2.5) << "from the event's frame and time";
  // The event is 1..2, the detection 1..4, of which 3 is within the tolerance.
  const Json door = {{"app", "door"},
                     {"f1", 0.8},
                     {"f1_error", nullptr},  // a single event gives no error
                     {"recall", 1.0},
                     {"precision", 1 / 1.5},
                     {"true_events", 1},
                     {"found", 1.0},
                     {"detections", 1},
                     {"false_alarms", 0.5},
                     {"false_alarms_per_hour", 900.0},
                     {"detections_per_found", 1.0},
                     {"covered", 1.0},
                     {"median_delay_s", 0.4},
                     {"always_on_f1", 0.8}};
  EXPECT_EQ(json["apps"][0], door);
  EXPECT_TRUE(json["apps"][1]["recall"].is_null());
  EXPECT_EQ(json["apps"][1]["false_alarms"], 1);
  EXPECT_EQ(json["apps_with_f1"], 1);
  EXPECT_EQ(json["mean_f1"], 0.8);
  EXPECT_TRUE(json["mean_f1_error"].is_null());
  EXPECT_EQ(json["min_f1"], 0.8);
  EXPECT_EQ(json["mean_always_on_f1"], 0.8);
}

TEST_F(ScoreCommandTest, ComparesOnlyWhatIsAskedFor) {
  const std::string events = event("door", 1, 1) + event("door", 90, 99) + event("lift", 3, 3);
  const CliResult result = score(events, "--fps 2 --app door --frames 0..4");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("door  1.000      -   1.000      1.000  1 of 1"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("lift")));
  const CliResult stream = score(event("door", 1, 1) + event("door", 7, 7, "yard"), "--fps 2 --stream gate");
  EXPECT_THAT(stream.out, HasSubstr("1 of 2           1           0.0"));
}

TEST_F(ScoreCommandTest, RefusesWhatCannotBeCompared) {
  const auto refuses = [&](int code, const std::string& events, const std::string& options,
                           const std::string& message) {
    const CliResult result = score(events, options);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  refuses(2, event("dor", 1, 2), "", "app \"dor\" has no labels, expected one of: door, lift");
  refuses(2, "", "--app dor", "app \"dor\" has no labels");
  refuses(2, "", "--frames 5", "--frames '5': expected FIRST..LAST, like");
  refuses(2, "", "--fps 2 --frames 5..8", "frames 5..8: the labels have frames 0..7");
  refuses(2, "", "--fps 2 --frames 5..4", "frames 5..4");
  refuses(2, "", "", "has no events that give the stream's frame rate; give it with --fps");
  refuses(2, event("door", 1, 2), "",
          "does not give (by end_frame and end_seconds) the stream's frame rate; give it");
  refuses(2, event("door", 1, 2), "--fps 0", "a stream of 0 frames per second");
  refuses(2, event("door", 1, 2) + event("door", 1, 2, "yard"), "", "choose one with --stream: gate, yard");
  refuses(2, event("door", 1, 2), "--stream yard", "no events of stream 'yard', expected one of: gate");
  refuses(3, event("door", 7, 8), "", "event at frames 7..8, but the labels in");
  refuses(3, event("door", 3, 4) + "{}\n", "", "events.jsonl:2: field \"app\" is missing");
}

TEST(ScoreCommandLineTest, MissingOptionsAndFiles) {
  EXPECT_EQ(run_cli("score").exit_code, 2);
  EXPECT_EQ(run_cli("score --truth /nowhere/t.csv --events /nowhere/e.jsonl").exit_code, 3);
  EXPECT_EQ(run_cli("score --help").exit_code, 0);
}

}  // namespace
}  // namespace mainstream
