#include <fmt/format.h>

#include "cli_testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class NodeCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mix_ = new TestMix; }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }

  // The answer of `mainstream node .. check` on a node with app a on the clip.
  [[nodiscard]] static CliResult check(const std::string& more, const std::string& package = "a.mpkg") {
    write_file(mix_->folder / "n.toml",
               fmt::format("[node]\nname = \"yard\"\nbases = \"base.onnx\"\ncache = \"cache\"\n"
                           "[[stream]]\nname = \"gate\"\nurl = \"clip.avi\"\n"
                           "[[app]]\npackage = \"{}\"\nstream = \"gate\"\n{}",
                           package, more));
    return run_cli("node " + (mix_->folder / "n.toml").string() + " check");
  }
  static TestMix* mix_;
};

TestMix* NodeCommandTest::mix_ = nullptr;

TEST_F(NodeCommandTest, CheckPrintsWhatWillRun) {
  const CliResult result = check("[schedule]\nbudget = 500\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::StartsWith("node yard: 1 streams, 1 apps on them, 0 sinks\napp  stream"));
  EXPECT_THAT(result.out, HasSubstr(" of 500.0 ms/s; expected F1 "));
  EXPECT_THAT(result.err, HasSubstr("base.onnx: costs are guessed from its multiply-adds"));
}

TEST_F(NodeCommandTest, CheckTellsAllMistakesWithTheirExitCode) {
  const CliResult wrong = check("vots = 1\nmin_fps = -1\n");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err,
              HasSubstr("n.toml:11:1: unknown key in [[app]]: \"vots\"; did you mean \"votes\"?\n"));
  EXPECT_THAT(wrong.err, HasSubstr("n.toml:12:11: min_fps: expected a number from 0.001 to 1000, got -1\n"));
  EXPECT_THAT(wrong.err, testing::EndsWith("n.toml: 2 mistakes to correct\n"));
  EXPECT_EQ(check("", "none.mpkg").exit_code, 3);
  EXPECT_EQ(check("[schedule]\nbudget = 1e-6\n").exit_code, 4);
  EXPECT_EQ(run_cli("node /nowhere.toml check").exit_code, 3);
  expect_refused(run_cli("node n.toml"), 2, "node: expected the word check behind n.toml, got nothing");
  expect_refused(run_cli("node"), 2, "node: needs CONFIG, or --reference");
}

TEST_F(NodeCommandTest, PrintsTheReference) {
  const CliResult result = run_cli("node --reference");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("| `fps` | a number from 0 to 1000 | `0` | Frames per second"));
}

}  // namespace
}  // namespace mainstream
