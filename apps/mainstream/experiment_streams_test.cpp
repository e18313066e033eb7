#include <fmt/format.h>

#include <fstream>

#include "cli_testing.hpp"
#include "core/child_testing.hpp"
#include "media/test_pictures.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class StreamExperimentsTest : public testing::Test {
 protected:
  [[nodiscard]] CliResult experiment(const std::string& arguments) const {
    return run_cli("experiment " + arguments, "cd " + folder_.path().string() + "; ");
  }

  const TestFolder folder_;
};

TEST_F(StreamExperimentsTest, ComposesAStreamOnce) {
  write_colours(folder_ / "colours", {"train", "val"}, 3);
  const std::string compose = "compose --pictures colours --app red --seconds 5 --size 64 48 -o stream";
  const CliResult result = experiment(compose);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Pictures: colours: val/, listed in stream/stream.json"));
  const VideoReader reader(folder_ / "stream/stream.mp4");
  EXPECT_EQ(reader.info().width, 64);
  EXPECT_EQ(reader.info().height, 48);
  EXPECT_THAT(read_file(folder_ / "stream/labels.csv"), testing::StartsWith("frame,red\n0,"));
  expect_refused(experiment(compose), 2, "has a stream already");
  expect_refused(experiment("compose --pictures colours --app pink -o other"), 2,
                 "the pictures have no class \"pink\"");
  expect_refused(experiment("compose --pictures nowhere -o other"), 3, "nowhere");
}

TEST_F(StreamExperimentsTest, MeasuresThroughput) {
  write_base(tiny_base(), folder_ / "base.onnx");
  const CliResult result =
      experiment("throughput --base base.onnx --quick --threads 1 --streams 1 --duration-ms 5 -o out");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("no sharing"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/throughput.html"));
}

TEST_F(StreamExperimentsTest, ThroughputOfAnotherBaseIsRefused) {
  const std::string throughput =
      "throughput --base base.onnx --quick --threads 1 --streams 1 --duration-ms 1 -o out";
  write_base(tiny_base(), folder_ / "base.onnx");
  EXPECT_EQ(experiment(throughput).exit_code, 0);
  write_base(tiny_base(0.4F), folder_ / "base.onnx");
  expect_refused(experiment(throughput), 2, "option contents of base.onnx is");
}

// Experiments that train first: a base, pictures, and the options to use them.
class TrainingExperimentsTest : public StreamExperimentsTest {
 protected:
  void SetUp() override {
    const auto trainer = std::filesystem::path(MAINSTREAM_PROGRAM).parent_path() / "mainstream-train";
    if (!std::filesystem::exists(trainer)) GTEST_SKIP() << "built without the trainer: " << trainer;
    write_base(tiny_base(), folder_ / "base.onnx");
    write_colours(folder_ / "colours", {"train", "val"}, 20);
  }
  static constexpr const char* kOptions =
      " --quick --threads 1 --base base.onnx --pictures colours --app red blue --seconds 20 --size 64 64 "
      "--work work";
};

// Trains, composes, records, and reports.
TEST_F(TrainingExperimentsTest, FromPicturesToAReport) {
  const CliResult voting = experiment(std::string("voting -o voting") + kOptions);
  EXPECT_EQ(voting.exit_code, 0) << voting.err;
  EXPECT_THAT(voting.out, HasSubstr("| 4    |"));
  const CliResult sampling = experiment(std::string("sampling -o sampling") + kOptions);
  EXPECT_EQ(sampling.exit_code, 0) << sampling.err;
  EXPECT_THAT(sampling.err, testing::Not(HasSubstr("candidate")));  // nothing is trained again
}

// An updated program shows what its own trainer makes, not what an earlier one left behind.
TEST_F(TrainingExperimentsTest, AnotherTrainerTrainsAgain) {
  ASSERT_EQ(experiment(std::string("voting -o first") + kOptions).exit_code, 0);
  for (const char* name : {"mainstream", "mainstream-train"}) {
    std::filesystem::copy_file(std::filesystem::path(MAINSTREAM_PROGRAM).replace_filename(name),
                               folder_ / name);
  }
  std::ofstream(folder_ / "mainstream-train", std::ios::app) << "updated";
  const std::string again = fmt::format("cd {} && ./mainstream experiment voting -o second {} 2> err > out",
                                        folder_.path().string(), kOptions);
  ASSERT_EQ(std::system(again.c_str()), 0) << read_file(folder_ / "err");
  EXPECT_THAT(read_file(folder_ / "err"), HasSubstr("candidate"));
}

// The trainer that runs in this folder; 0 where none does.
pid_t trainer_in(const std::filesystem::path& folder) {
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(process.path() / "cwd", gone) != folder) continue;
    std::string name;
    std::ifstream(process.path() / "cmdline") >> name;
    if (name.starts_with("mainstream-train")) return std::stoi(process.path().filename());
  }
  return 0;
}

TEST_F(TrainingExperimentsTest, AKilledOneLeavesNoTrainingBehind) {
  ChildProcess experiment({"sh", "-c",
                           fmt::format("cd {} && exec {} experiment voting -o out {}",
                                       folder_.path().string(), MAINSTREAM_PROGRAM, kOptions)},
                          kMuted);
  pid_t training = 0;
  ASSERT_TRUE(soon([&] { return (training = trainer_in(folder_.path())) != 0; }));
  ::kill(training, SIGSTOP);  // it must not end by itself
  experiment.end(SIGKILL);
  ::kill(training, SIGCONT);
  EXPECT_TRUE(soon([&] { return trainer_in(folder_.path()) == 0; }));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "work"))
    EXPECT_NE(entry.path().extension(), ".mpkg") << "training went on";
}

}  // namespace
}  // namespace mainstream
