// `mainstream run` as a user starts it: its outputs, its signals, and what it refuses.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "cli_testing.hpp"
#include "core/json.hpp"
#include "core/output.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class RunCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    mix_ = new TestMix;
    keep_rough_costs(mix_->base, mix_->folder / "cache/mainstream");
  }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }

  // A run of app a on the clip, as fast as it goes. Costs are cached in the mix's folder.
  [[nodiscard]] static std::string words(const std::string& more) {
    return fmt::format("run --base {} --app {} --source {} --threads 1 --pace all {}",
                       mix_->base_path().string(), mix_->packages()[0].string(), mix_->clip().string(), more);
  }
  [[nodiscard]] static CliResult run(const std::string& more, const std::string& before = {}) {
    return run_cli(words(more), cache() + before);
  }
  // In a shell: `$run` is the command, `$o` the folder for outputs.
  [[nodiscard]] int shell(const std::string& script) const {
    const std::string all = fmt::format("{} o={}; run=\"{} {}\"; {}", cache(), out_.path().string(),
                                        MAINSTREAM_PROGRAM, words(""), script);
    const int status = std::system(("bash -c '" + all + "'").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] static std::string cache() {
    return "export XDG_CACHE_HOME=" + (mix_->folder / "cache").string() + ";";
  }
  [[nodiscard]] std::string out(const std::string& name) const { return (out_ / name).string(); }
  [[nodiscard]] std::string text(const std::string& name) const { return read_file(out_ / name); }
  [[nodiscard]] std::string ended() const {
    return parse_json(text("r.json"), "r.json")["ended"].get<std::string>();
  }

  static TestMix* mix_;
  TestFolder out_;
};

TestMix* RunCommandTest::mix_ = nullptr;

TEST_F(RunCommandTest, OutputsAreWrittenThroughLinksAndPipes) {
  std::filesystem::create_symlink("target.json", out_ / "link");
  std::filesystem::create_symlink("/dev/null", out_ / "null");
  const CliResult result =
      run(fmt::format("--report {} --events {} --frame-log /dev/stdout", out("link"), out("null")));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(std::filesystem::is_symlink(out_ / "link"));
  EXPECT_EQ(parse_json(text("target.json"), "report")["ended"], "end of stream");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_THAT(result.out, testing::StartsWith("frame,seconds,app,score,positive\n"));

  ASSERT_EQ(shell("mkfifo $o/fifo; cat $o/fifo > $o/copied & $run --report $o/fifo > $o/events 2> $o/err"),
            0);
  (void)shell("for i in $(seq 50); do [ -s $o/copied ] && break; sleep 0.1; done");
  EXPECT_TRUE(std::filesystem::is_fifo(out_ / "fifo"));
  EXPECT_EQ(parse_json(text("copied"), "report")["ended"], "end of stream");
  EXPECT_THAT(text("events"), HasSubstr("{\"app\":\"a\""));
}

TEST_F(RunCommandTest, AnErrorStreamThatCannotBeWrittenStopsNothing) {
  for (const char* error : {"2> /dev/full", "2>&-"}) {
    ASSERT_EQ(shell(fmt::format("$run --report $o/r.json > $o/events {}", error)), 0) << error;
    EXPECT_EQ(ended(), "end of stream");
    EXPECT_THAT(text("events"), testing::Not(HasSubstr("run: "))) << "no message among the events";
  }
  EXPECT_EQ(shell("$run --report $o/r.json >&- 2> $o/err"), 1);
  EXPECT_THAT(text("err"), HasSubstr("/dev/stdout: cannot write: Bad file descriptor"));
}

TEST_F(RunCommandTest, AReaderThatStallsOrGoesAwayLosesNoReport) {
  ASSERT_EQ(::mkfifo((out_ / "full").c_str(), 0600), 0);
  const Descriptor reader(::open((out_ / "full").c_str(), O_RDWR | O_NONBLOCK));
  const std::string filling(4096, 'x');
  while (::write(reader.get(), filling.data(), filling.size()) > 0) continue;
  EXPECT_EQ(shell("timeout -k 5 30 $run --report $o/r.json --events $o/full 2> $o/err"), 1);
  EXPECT_THAT(text("err"), HasSubstr("full: cannot write: its reader did not take the last "));
  EXPECT_THAT(ended(), HasSubstr("its reader did not take the last "));

  (void)shell("rm $o/r.json; ($run --report $o/r.json 2> $o/err; echo $? > $o/code) | true");
  EXPECT_EQ(text("code"), "1\n") << text("err");
  EXPECT_THAT(ended(), HasSubstr("/dev/stdout: cannot write: Broken pipe"));
}

TEST_F(RunCommandTest, APipeWithoutAReaderIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo((out_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(shell("timeout -k 5 30 $run --events $o/fifo 2> $o/err"), 1);
  EXPECT_THAT(text("err"), HasSubstr("fifo: cannot write: nobody reads it"));
}

TEST_F(RunCommandTest, AClosedTerminalEndsTheRunAsSigtermDoes) {
  const std::string start =
      "$run --pace live --stream-fps 4 --frame-log $o/f.csv --events $o/e.jsonl --report $o/r.json 2> $o/err "
      "& ";
  const std::string wait =
      "for i in $(seq 200); do [ $(wc -l < $o/f.csv) -gt 4 ] && break; sleep 0.1; done; ";
  std::string words_of_live = start;
  words_of_live.replace(0, 4, "${run/--pace all/}");
  for (const char* signal : {"HUP", "TERM"}) {
    EXPECT_EQ(
        shell("rm -f $o/*; touch $o/f.csv; " + words_of_live + wait + "kill -" + signal + " $!; wait $!"), 0)
        << text("err");
    EXPECT_EQ(ended(), "stopped") << signal;
  }
  // nohup's way: the signal is ignored, and the run goes on.
  EXPECT_EQ(shell("rm -f $o/*; touch $o/f.csv; trap \"\" HUP; " + words_of_live + wait +
                  "kill -HUP $!; sleep 0.5; kill -TERM $!; wait $!"),
            0);
  EXPECT_EQ(ended(), "stopped");
}

TEST_F(RunCommandTest, EarlierEventsAreKept) {
  write_file(out_ / "e.jsonl", "{\"app\":\"a\",\"start_frame\":1,\"end_frame\":2}\n");
  const std::string before = text("e.jsonl");
  expect_refused(run("--events " + out("e.jsonl")), 2,
                 "e.jsonl has lines already; name another file, or give --append");
  EXPECT_EQ(text("e.jsonl"), before);
  EXPECT_EQ(run("--append --events " + out("e.jsonl")).exit_code, 0);
  EXPECT_THAT(text("e.jsonl"), testing::StartsWith(before + "{\"app\":\"a\""));
}

TEST_F(RunCommandTest, OutputsCannotReplaceInputsOrEachOther) {
  const std::string package = mix_->packages()[0].string(), bytes = read_file(package);
  expect_refused(run("--append --events " + package), 2, "a.mpkg is an app's package of this run too");
  std::filesystem::create_symlink(mix_->base_path(), out_ / "link");
  expect_refused(run("--report " + out("link")), 2, "link is the base of this run too");
  expect_refused(run("--frame-log " + mix_->clip().string()), 2, "clip.avi is the source of this run too");
  expect_refused(run(fmt::format("--events {0} --report {1}/./x", out("x"), out_.path().string())), 2,
                 "x is the events of this run too");
  expect_refused(run("--report /"), 2, "report: / is a folder, expected a file");
  EXPECT_EQ(read_file(package), bytes);
  EXPECT_THAT(out_.names(), testing::ElementsAre("link"));
}

TEST_F(RunCommandTest, TypingErrorsAreNamed) {
  expect_refused(run_cli("run --base b --app a --sorce x"), 2,
                 "mainstream run: --sorce: unknown option; did you mean --source?");
  expect_refused(run_cli("run --sorce=x"), 2, "--sorce: unknown option; did you mean --source?");
  expect_refused(run_cli("schedul --problem p.json"), 2, "schedul: unknown command; did you mean schedule?");
  expect_refused(run_cli("package verfy x.mpkg"), 2,
                 "mainstream package: verfy: unknown command; did you mean verify?");
  expect_refused(run("--budget 1e308"), 2, "the budget: expected less than 1000000000, got 1e+308");
  expect_refused(run("--stream 'gate/1'"), 2, "the stream's name \"gate/1\" holds /");
}

TEST_F(RunCommandTest, QuietLeavesWarningsAndErrors) {
  EXPECT_THAT(run("").err, HasSubstr("frames analysed"));
  const CliResult quiet = run("--quiet");
  EXPECT_EQ(quiet.exit_code, 0);
  EXPECT_EQ(quiet.err, "");
  EXPECT_THAT(quiet.out, HasSubstr("{\"app\":\"a\""));
}

// A package whose last layer overflows: every logit is NaN.
TEST_F(RunCommandTest, AnswersThatAreNoNumbersAreRefusedByVerifyAndToldByARun) {
  Manifest manifest = mix_->manifests.at("a");
  std::vector<Graph> tails;
  for (const Candidate& candidate : manifest.candidates) {
    Graph& tail = tails.emplace_back(make_tail(mix_->base, candidate.branchpoint, 7));
    const std::vector<float> huge{3e38F, -3e38F};
    tail.constants["head.weights"] =
        make_tensor({2, 8}, {huge[0], huge[1], huge[0], huge[1], huge[0], huge[1], huge[0], huge[1],  //
                             huge[1], huge[0], huge[1], huge[0], huge[1], huge[0], huge[1], huge[0]});
    tail.constants["head.scale"] = make_tensor({1}, {1e38F});
    tail.nodes.back().output = "overflow";
    tail.nodes.push_back({op::Binary{op::Binary::Kind::mul}, {"overflow", "head.scale"}, "logits"});
    infer_shapes(tail);
  }
  for (Candidate& candidate : manifest.candidates) {
    candidate.number_types.clear();
    candidate.ranges.clear();
  }
  write_package(out_ / "nan.mpkg", manifest, tails);
  const std::string base = " --base " + mix_->base_path().string();
  EXPECT_EQ(run_cli("package verify " + out("nan.mpkg")).exit_code, 0) << "without a base nothing can run";
  expect_refused(run_cli("package verify " + out("nan.mpkg") + base), 3, "logits that are not finite");
  const CliResult result = run_cli(
      "run --threads 1 --pace all --app " + out("nan.mpkg") + base + " --source " + mix_->clip().string(),
      cache());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("frame 0: candidate tail-"));
  EXPECT_THAT(result.err, HasSubstr("of app \"a\" gives a score that is not finite"));
}

}  // namespace
}  // namespace mainstream
