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

TEST_F(ScoreCommandTest, PrintsATable) {
  const CliResult result = score(event("door", 2, 3) + event("door", 6, 7));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(
      result.out,
      "app   recall  precision     f1  true  found  detected  correct\n"
      "door   0.500      0.500  0.500     2      1         2        1\n"
      "lift       -          -      -     0      0         0        0\n"
      "frames 0..7: mean f1 0.500, lowest 0.500, over 1 of 2 apps (the others have neither true nor detected "
      "events)\n");
}

TEST_F(ScoreCommandTest, PrintsJson) {
  const CliResult result = score(event("door", 1, 1) + event("lift", 1, 1), "--json --frames 0..3");
  EXPECT_EQ(result.exit_code, 0);
  const Json json = parse_json(result.out, "output");
  EXPECT_EQ(json["last_frame"], 3);
  EXPECT_EQ(json["apps"][0]["app"], "door");
  EXPECT_EQ(json["apps"][0]["f1"], 1);
  EXPECT_TRUE(json["apps"][1]["recall"].is_null());
  EXPECT_EQ(json["mean_f1"], 0.5);
  EXPECT_EQ(json["min_f1"], 0);
}

TEST_F(ScoreCommandTest, ComparesOnlyWhatIsAskedFor) {
  const std::string events = event("door", 1, 1) + event("door", 90, 99) + event("lift", 3, 3);
  const CliResult result = score(events, "--app door --frames 0..4");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("door   1.000      1.000  1.000     1      1         1        1"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("lift")));
  const CliResult stream = score(event("door", 1, 1) + event("door", 7, 7, "yard"), "--stream gate");
  EXPECT_THAT(stream.out, HasSubstr("door   0.500      1.000"));
}

TEST_F(ScoreCommandTest, RefusesWhatCannotBeCompared) {
  const auto refuses = [&](int code, const std::string& events, const std::string& options,
                           const std::string& message) {
    const CliResult result = score(events, options);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  refuses(2, event("dor", 1, 2), "", "no labels of app 'dor'; there are: door, lift");
  refuses(2, "", "--app dor", "no labels of app 'dor'");
  refuses(2, "", "--frames 5", "--frames '5': FIRST..LAST would be right");
  refuses(2, "", "--frames 5..8", "frames 5..8: the labels have frames 0..7");
  refuses(2, "", "--frames 5..4", "frames 5..4");
  refuses(2, event("door", 1, 2) + event("door", 1, 2, "yard"), "", "choose one with --stream: gate, yard");
  refuses(2, event("door", 1, 2), "--stream yard", "no events of stream 'yard', but of: gate");
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
