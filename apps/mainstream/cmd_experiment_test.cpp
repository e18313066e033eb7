#include "cli_testing.hpp"
#include "core/json.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ExperimentCommandTest, KeepsResultsAndTellsConditions) {
  const TestFolder folder;
  const std::string command = "experiment published --budget 150 --apps 1 -o " + folder.path().string();
  const CliResult result = run_cli(command);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("# The published workloads"));
  EXPECT_THAT(result.out, HasSubstr("Command: mainstream " + command + "\n"));
  EXPECT_THAT(result.out, HasSubstr((folder / "published.html").string()));
  const Json kept = parse_json(read_file(folder / "published.json"), "published.json");
  EXPECT_EQ(kept["options"]["budget"], "150");
  EXPECT_EQ(kept["options"]["quick"], "false");
  EXPECT_EQ(kept["options"]["means"], "data/atc18/means.csv");
  EXPECT_FALSE(kept["options"].contains("output"));
  EXPECT_THAT(kept["commit"].get<std::string>(), MatchesRegex("[0-9a-f]+(-modified)?|unknown"));
  EXPECT_EQ(run_cli(command).out, result.out);  // with the kept times
  expect_refused(run_cli(command + " --budget 50"), 2, "option budget is \"150 50\", was \"150\"");
}

// Not after hours of work, when it comes to the charts.
TEST(ExperimentCommandTest, MissesGnuplotAtOnce) {
  const TestFolder folder;
  const std::string empty_path = "PATH=" + folder.path().string();
  expect_refused(run_cli("experiment published -o " + (folder / "out").string(), empty_path), 1,
                 "plots need Debian's package gnuplot-nox");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace mainstream
