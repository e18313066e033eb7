#include "core/json.hpp"
#include "experiment_testing.hpp"
#include "media/test_pictures.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

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

void expect_other_results(const CliResult& result, const std::string& difference) {
  expect_refused(result, 2, "keeps results of another run");
  EXPECT_THAT(result.err, HasSubstr(difference));
}

TEST(ExperimentCommandTest, ResultsOfAnotherClipOrTrainerAreRefused) {
  for (const char* name : {"regret", "training"}) {
    const NotedTraining program;
    const auto run = [&] {
      return program.run(fmt::format(
          "experiment {} --quick --base base.onnx --video clip.avi --labels labels.csv --app a -o kept",
          name));
    };
    EXPECT_THAT(run().err, Not(HasSubstr("another run")));  // fails, but keeps what it had
    EXPECT_EQ(program.trainings(), 2) << "tails, and all";
    EXPECT_THAT(run().err, Not(HasSubstr("another run")));
    program.append("labels.csv", fmt::format("{},0\n", kClipFrames));
    expect_other_results(run(), "option contents of labels.csv is");
    program.append("clip.avi", "more");
    expect_other_results(run(), "option contents of clip.avi is");
    write_base(tiny_base(0.4F), program.file("base.onnx"));
    expect_other_results(run(), "option contents of base.onnx is");
    program.append("mainstream-train", "# updated\n");
    expect_other_results(run(), "option trainer is");
  }
}

TEST(ExperimentCommandTest, SharingOfOtherBasesOrPicturesIsRefused) {
  const NotedTraining program;
  write_colours(program.file("colours"), {"train", "val"}, 2);
  const auto run = [&] {
    return program.run("experiment sharing --quick --base base.onnx --pictures colours -o kept");
  };
  EXPECT_THAT(run().err, Not(HasSubstr("another run")));
  EXPECT_EQ(program.trainings(), 1);
  write_plain(program.file("colours/train/red/more.jpg"), 200, 20, 20);
  expect_other_results(run(), "option pictures in colours is");
  write_base(tiny_base(0.4F), program.file("base.onnx"));
  expect_other_results(run(), "option contents of base.onnx is");
}

// Results are kept by these names.
TEST(ExperimentCommandTest, BasesAndPicturesOfOneNameCannotShareAnExperiment) {
  const NotedTraining program;
  const std::string sharing = "experiment sharing -o kept --base ";
  expect_refused(program.run(sharing + "base.onnx other/base.onnx --pictures colours"), 2,
                 "--base: base.onnx and other/base.onnx have the same name");
  expect_refused(program.run(sharing + "base.onnx --pictures colours other/colours/"), 2,
                 "--pictures: colours and other/colours/ have the same name");
  EXPECT_EQ(program.trainings(), 0);
}

}  // namespace
}  // namespace mainstream
