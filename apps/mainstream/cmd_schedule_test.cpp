#include <fmt/format.h>

#include "cli_testing.hpp"
#include "core/json.hpp"
#include "mainstream/engine.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

const std::string kProblems = MAINSTREAM_SOURCE_DIR "/src/schedule/testdata/";

CliResult schedule(const std::string& problem, const std::string& options = "") {
  return run_cli("schedule --problem " + kProblems + problem + ".json " + options);
}

TEST(ScheduleCommandTest, TellsEveryAppAndTheKnownGap) {
  const CliResult result = schedule("two-apps");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("bus-1"));
  EXPECT_THAT(result.out, HasSubstr("proven optimal"));
  EXPECT_THAT(schedule("three-apps-tight", "--algorithm greedy").out, HasSubstr("% below the best possible"));
}

TEST(ScheduleCommandTest, PrintsJson) {
  const Json json = parse_json(schedule("four-apps", "--json --objective max-min").out, "output");
  EXPECT_EQ(json["apps"].size(), 4U);
  EXPECT_EQ(json["objective"], "max-min");
}

TEST(ScheduleCommandTest, ExplainsWhyNobodyGetsMore) {
  const CliResult result = schedule("six-apps-mixed-lengths", "--explain");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("+- layers 1 to "));
  EXPECT_THAT(result.out, HasSubstr("taken from"));
}

TEST(ScheduleCommandTest, KeepsLimits) {
  const Json json =
      parse_json(schedule("two-apps", "--limit bus-1:fixed_fps=1,fixed_frozen=0 --json").out, "output");
  for (const Json& app : json["apps"]) {
    if (app["id"] != "bus-1") continue;
    EXPECT_EQ(app["fps"], 1);
    EXPECT_EQ(app["frozen"], 0);
  }
  expect_refused(schedule("two-apps", "--limit bus-1:min_f1=0.9"), 4, "cannot keep min_f1 0.9");
  expect_refused(schedule("two-apps", "--budget 30 --limit bus-1:min_fps=5 --limit pedestrian-1:fixed_fps=3"),
                 4, "the limits of \"pedestrian-1\" (fixed_fps 3) do not fit the budget of 30");
  expect_refused(schedule("two-apps", "--budget 0.01"), 4, "the cheapest schedule costs");
  expect_refused(schedule("two-apps", "--limit bus-1:min_f1=1.8"), 2,
                 "min_f1 is 1.8, expected a number from 0 to 1");
  expect_refused(schedule("two-apps", "--limit bus-1"), 2, "APP:FIELD=VALUE");
  expect_refused(schedule("two-apps", "--limit bus:fixed_fps=1"), 2, "no app 'bus', expected one of: ");
  expect_refused(schedule("two-apps", "--limit bus-1:speed=1"), 2, "unknown field 'speed'");
  expect_refused(schedule("two-apps", "--limit bus-1:fixed_fps=fast"), 2,
                 "expected a number of at least 0, got 'fast'");
  expect_refused(schedule("two-apps", "--limit bus-1:fixed_frozen=1.5"), 2, "whole number");
}

TEST(ScheduleCommandTest, SweepsAsTableAndPlot) {
  const TestFolder folder;
  const std::string output = (folder / "curve").string();
  for (const std::string over : {"budget", "apps"}) {
    const CliResult result = schedule("five-apps-slow-stream", fmt::format("--sweep {} -o {}", over, output));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(read_file(output + ".csv"),
                HasSubstr(over + ",algorithm,feasible,mean_f1,min_f1,cost,bound\n"));
    EXPECT_THAT(read_file(output + ".csv"), HasSubstr(",max-sharing,1,"));
    EXPECT_THAT(read_file(output + ".svg"), HasSubstr("</svg>"));
  }
  expect_refused(schedule("two-apps", "--sweep price"), 2, "expected budget or apps");
  expect_refused(schedule("two-apps", "--sweep budget --json"), 2, "--sweep");
}

TEST(ScheduleCommandTest, NoSweepOverWhatNeverFits) {
  const CliResult result = schedule("two-apps", "--sweep budget --limit bus-1:min_f1=0.99 -o /nowhere/curve");
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_THAT(result.err, HasSubstr("cannot keep min_f1 0.99"));
}

TEST(ScheduleCommandTest, ChoosesNumberTypesWhereBaseAndPackagesOfferThem) {
  if (!processor_has(NumberType::int8)) GTEST_SKIP() << "this processor does not compute in int8";
  const TestFolder folder;
  Base base = tiny_base();
  write_base(base, folder / "plain.onnx");
  base.ranges = {{"a", {0, 2}}, {"b", {0, 4}}};
  base.agreement[NumberType::int8] = {.top1 = 1, .mean_cosine = 1, .lowest_cosine = 1, .inputs = 10};
  write_base(base, folder / "calibrated.onnx");
  write_package(folder / "app.mpkg", tiny_manifest(base), tiny_tails(base));
  const auto answer = [&](const std::string& name) {
    const CliResult result = run_cli("schedule --base " + (folder / name).string() + " --packages " +
                                         (folder / "app.mpkg").string() + " --stream-fps 5 --json",
                                     "XDG_CACHE_HOME=" + folder.path().string());
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return parse_json(result.out, "output");
  };
  EXPECT_FALSE(answer("plain.onnx")["apps"][0].contains("stem_precision"));
  EXPECT_TRUE(answer("calibrated.onnx")["apps"][0].contains("stem_precision"));
}

TEST(ScheduleCommandTest, RefusesWhatMakesNoSense) {
  expect_refused(run_cli("schedule"), 2, "either --problem, or --base and --packages");
  expect_refused(schedule("two-apps", "--add other.mpkg"), 2, "--add asks about packages");
  expect_refused(schedule("two-apps", "--algorithm best"), 2, "expected one of: auto, optimal");
  expect_refused(schedule("two-apps", "--objective worst"), 2, "expected mean or max-min");
  expect_refused(schedule("two-apps", "--budget much"), 2,
                 "--budget \"much\": expected auto or a cost per second above 0");
  expect_refused(schedule("two-apps", "--budget -3"), 2, "a cost per second above 0");
  expect_refused(schedule("two-apps", "--explain --json"), 2, "--explain");
  expect_refused(schedule("nothing"), 3, "nothing.json");
}

}  // namespace
}  // namespace mainstream
