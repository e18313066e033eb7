// `mainstream measure` as a user starts it; what is measured, train_test shows.
#include <fmt/format.h>

#include <filesystem>

#include "cli_testing.hpp"
#include "core/json.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class MeasureCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mix_ = new TestMix; }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }
  void SetUp() override {
    const auto trainer = std::filesystem::path(MAINSTREAM_PROGRAM).parent_path() / "mainstream-train";
    if (!std::filesystem::exists(trainer)) GTEST_SKIP() << "built without the trainer: " << trainer;
    std::string rows = "frame,a,b,never\n";
    for (int frame = 0; frame < kClipFrames; ++frame)
      rows += fmt::format("{},{},{},0\n", frame, frame % 20 < 6 ? 1 : 0, frame % 15 < 5 ? 1 : 0);
    write_file(out_ / "labels.csv", rows);
  }
  [[nodiscard]] CliResult measure(const std::string& packages, const std::string& more) const {
    return run_cli(fmt::format("measure {} --base {} --video {} --labels {} --threads 1 {}", packages,
                               mix_->base_path().string(), mix_->clip().string(),
                               (out_ / "labels.csv").string(), more));
  }
  [[nodiscard]] std::string package(std::size_t app) const { return mix_->packages()[app].string(); }

  static TestMix* mix_;
  TestFolder out_;
};
TestMix* MeasureCommandTest::mix_ = nullptr;

TEST_F(MeasureCommandTest, WritesPackagesThatSchedulesAndPeopleCanRead) {
  const auto folder = out_ / "measured";
  const CliResult result =
      measure(package(0) + " " + package(1), fmt::format("-o {} --frames 0..59", folder.string()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Best candidate of each app"));
  EXPECT_THAT(result.out, HasSubstr("promised"));
  const std::string a = (folder / mix_->packages()[0].filename()).string();
  const std::string b = (folder / mix_->packages()[1].filename()).string();
  EXPECT_THAT(result.out, HasSubstr(a));

  EXPECT_EQ(run_cli("package verify " + a + " --base " + mix_->base_path().string()).exit_code, 0);
  EXPECT_THAT(run_cli("package show " + a).out,
              HasSubstr(mix_->clip().filename().string() + ", frames 0..59 at 20"));
  const Json manifest = parse_json(run_cli("package show --json " + a).out, "a");
  EXPECT_EQ(manifest["event"]["origin"], "measured");
  EXPECT_EQ(manifest["event"]["length_ms"], 300);
  EXPECT_FALSE(manifest["candidates"][0]["measured"].empty());

  const CliResult schedule = run_cli(fmt::format("schedule --base {} --packages {} {} --stream-fps 20 --json",
                                                 mix_->base_path().string(), a, b),
                                     "XDG_CACHE_HOME=" + out_.path().string());
  EXPECT_EQ(schedule.exit_code, 0) << schedule.err;
  EXPECT_EQ(parse_json(schedule.out, "schedule")["apps"].size(), 2U);
}

TEST_F(MeasureCommandTest, RefusesWhatCannotBeMeasured) {
  const auto refused = [&](const CliResult& result, int exit_code, const std::string& message) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  };
  refused(measure(package(2), "-o " + (out_ / "c.mpkg").string()), 2, "expected one of");
  refused(measure(package(0), "-o " + package(0)), 2, "is one of the packages that are measured");
  refused(measure(package(0), "--frames 0..5 -o " + (out_ / "a.mpkg").string()), 3, "present all the time");
  refused(measure(package(0), "--frames 8..18 -o " + (out_ / "a.mpkg").string()), 3,
          "has no event in frames 8..18");
  refused(measure(package(0), "--frames 8 -o " + (out_ / "a.mpkg").string()), 2, "FIRST..LAST");
  EXPECT_FALSE(std::filesystem::exists(out_ / "a.mpkg"));
}

TEST_F(MeasureCommandTest, HelpHasAnExample) {
  const CliResult result = run_cli("measure --help");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("mainstream measure queue.mpkg"));
}

}  // namespace
}  // namespace mainstream
