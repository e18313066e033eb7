#include <fmt/format.h>

#include <set>
#include <sstream>
#include <thread>

#include "cli_testing.hpp"
#include "core/child_testing.hpp"
#include "core/json.hpp"
#include "mainstream/store.hpp"
#include "run/testing.hpp"
#include "sink/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

class NodeCommandTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    mix_ = new TestMix;
    keep_rough_costs(mix_->base, mix_->folder / "known");
  }
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
  EXPECT_THAT(result.out, testing::StartsWith("node yard: 1 stream, 1 app on it, 0 sinks\napp  stream"));
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
  EXPECT_THAT(check("[serve]\naddress = \"0.0.0.0\"\n").err,
              HasSubstr("n.toml:11:2: serve: 0.0.0.0 can be reached from outside, so it needs"));
  EXPECT_EQ(check("", "none.mpkg").exit_code, 3);
  EXPECT_EQ(check("[schedule]\nbudget = 1e-6\n").exit_code, 4);
  EXPECT_EQ(run_cli("node /nowhere.toml check").exit_code, 3);
  expect_refused(run_cli("node n.toml chek"), 2,
                 "node: expected check, status or nothing behind n.toml, got");
  expect_refused(run_cli("node"), 2, "node: needs CONFIG, or --reference");
}

TEST_F(NodeCommandTest, PrintsTheReference) {
  const CliResult result = run_cli("node --reference");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("| `fps` | a number from 0 to 1000 | `0` | Frames per second"));
}

// ---- A node that runs ----

// `mainstream node CONFIG` beside the test.
class NodeProcess : public ChildProcess {
 public:
  NodeProcess(const std::filesystem::path& config, const std::filesystem::path& log)
      : ChildProcess({MAINSTREAM_PROGRAM, "node", config.string()}, {"/dev/null", log}), log_(log) {}
  [[nodiscard]] std::string log() const { return read_file(log_); }

 private:
  const std::filesystem::path log_;
};

class RunningNodeTest : public NodeCommandTest {
 protected:
  RunningNodeTest() {
    const std::string command = "ffmpeg -nostdin -y -v error -stream_loop 1 -i " + mix_->clip().string() +
                                " -c copy " + (folder_ / "clip.avi").string();
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  void write(const std::string& more = {}) const {
    write_file(config(),
               fmt::format("[node]\nname = \"yard\"\nbases = \"{0}/base.onnx\"\ncache = \"{0}/known\"\n"
                           "workers = 1\nthreads = 1\n[[stream]]\nname = \"gate\"\nurl = "
                           "\"clip.avi\"\nloop = true\n[[app]]\npackage = \"{0}/a.mpkg\"\n"
                           "stream = \"gate\"\n[serve]\nport = {2}\n[[sink]]\ntype = \"jsonl\"\n"
                           "path = \"events.jsonl\"\n{1}",
                           mix_->folder.path().string(), more, port_));
  }
  [[nodiscard]] static std::string second_app() {
    return fmt::format("[[app]]\nname = \"second\"\npackage = \"{}/b.mpkg\"\nstream = \"gate\"\n",
                       mix_->folder.path().string());
  }
  [[nodiscard]] std::filesystem::path config() const { return folder_ / "n.toml"; }
  [[nodiscard]] Json status() const {
    const CliResult answer = run_cli("node " + config().string() + " status --json");
    return answer.exit_code == 0 ? Json::parse(answer.out) : Json();
  }
  // What the node's control API answers.
  [[nodiscard]] Json answer(const std::string& path) const {
    const std::string command = fmt::format("curl -s --max-time 10 http://127.0.0.1:{}{} > {}", port_, path,
                                            (folder_ / "answer").string());
    return std::system(command.c_str()) == 0 ? Json::parse(read_file(folder_ / "answer")) : Json();
  }
  // The status that the control API answers to a PUT of JSON.
  [[nodiscard]] std::string put(const std::string& path, const Json& body) const {
    write_file(folder_ / "body", body.dump());
    const std::string command = fmt::format(
        "curl -s --max-time 20 -o /dev/null -w '%{{http_code}}' -X PUT -H 'Content-Type: application/json' "
        "--data-binary @{0}/body http://127.0.0.1:{1}{2} > {0}/status",
        folder_.path().string(), port_, path);
    return std::system(command.c_str()) == 0 ? read_file(folder_ / "status") : std::string();
  }
  // Waits for it; whether it came.
  template <typename Condition>
  [[nodiscard]] bool comes(const Condition& condition) const {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (const Json now = status(); !now.is_null() && condition(now)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  [[nodiscard]] std::vector<std::string> event_lines() const {
    std::istringstream text(read_file(folder_ / "events.jsonl"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  TestFolder folder_;
  const int port_ = free_port();
};

bool has_events(const Json& node) {
  return node["events"] > 0 && node["sinks"][0]["delivered"] > 0;
}

TEST_F(RunningNodeTest, RunsChangesWithItsFileAndEndsInTime) {
  write();
  NodeProcess node(config(), folder_ / "log");
  ASSERT_TRUE(comes(has_events)) << node.log();
  const CliResult told = run_cli("node " + config().string() + " status");
  EXPECT_THAT(told.out, testing::StartsWith("node yard: "));
  EXPECT_THAT(told.out, HasSubstr("\ngate    yes"));
  EXPECT_EQ(answer("/readyz")["ready"], true);
  EXPECT_EQ(answer("/api/v1/apps/a")["streams"][0]["stream"], "gate");

  write(second_app());
  ASSERT_TRUE(comes([](const Json& now) {
    return now["apps"].size() == 2 && now["apps"][1]["name"] == "second" &&
           now["apps"][1]["streams"][0]["frames"] > 0;
  })) << node.log();

  // What is wrong is refused as a whole.
  write("vots = 1\n");
  ASSERT_TRUE(comes([](const Json& now) { return !now["refused"].is_null(); })) << node.log();
  EXPECT_EQ(status()["apps"].size(), 2U);
  EXPECT_THAT(node.log(), HasSubstr("unknown key in [[sink]]"));
  write("[[app]]\nname = \"second\"\npackage = \"none.mpkg\"\nstream = \"gate\"\n");
  node.signal(SIGHUP);
  ASSERT_TRUE(comes([](const Json& now) {
    return now["refused"].dump().find("none.mpkg") != std::string::npos;
  })) << node.log();
  EXPECT_EQ(status()["apps"].size(), 2U);
  write();
  EXPECT_TRUE(comes([](const Json& now) { return now["apps"].size() == 1 && now["refused"].is_null(); }))
      << node.log();

  expect_refused(run_cli("--log-level off node " + config().string()), 1, "uses this state directory");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(node.end(SIGTERM), 0) << node.log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  expect_refused(run_cli("node " + config().string() + " status"), 1,
                 "no node runs with this state directory");

  // All that is stored was delivered, in order and once.
  StoreReader stored(folder_ / "state");
  EXPECT_EQ(std::ssize(event_lines()), stored.last_sequence());
  EXPECT_THAT(stored.open_events(), testing::IsEmpty());
  EXPECT_FALSE(stored.plans().empty());
  EXPECT_GT(stored.counters()["app_frames/a@gate"], 0);
}

// Real cameras and a real broker that go away and come back, apps that come and go: nothing is lost. The long
// form is script/soak alone.
TEST_F(RunningNodeTest, LosesNothingInAShortSoak) {
  for (const char* program : {"/usr/sbin/mosquitto", "/usr/bin/mosquitto_sub"})
    if (!std::filesystem::exists(program)) GTEST_SKIP() << program << " is not installed";
  const std::filesystem::path build = std::filesystem::path(MAINSTREAM_PROGRAM).parent_path().parent_path();
  const std::string command = fmt::format(
      "{0}/script/soak 0.3 --faster 4 --build {1} --base {2}/base.onnx --packages {2}/a.mpkg "
      "{2}/b.mpkg {2}/c.mpkg > {3} 2>&1",
      MAINSTREAM_SOURCE_DIR, build.string(), mix_->folder.path().string(), (folder_ / "soak").string());
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(folder_ / "soak");
}

// With nothing measured before, the start takes a while.
TEST_F(RunningNodeTest, EndsInTimeWhileItStarts) {
  write();
  std::string text = read_file(config());
  text.replace(text.find("/known"), 6, "/unknown");
  write_file(config(), text);
  for (const int after_ms : {0, 300, 1000}) {
    NodeProcess node(config(), folder_ / "log");
    // It opens its state, then it measures.
    ASSERT_TRUE(soon([&] { return std::filesystem::exists(folder_ / "state/lock"); })) << node.log();
    std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(node.end(SIGTERM), 0) << node.log();
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << after_ms;
    std::filesystem::remove_all(mix_->folder / "unknown");
    std::filesystem::remove_all(folder_ / "state");
  }
}

TEST_F(RunningNodeTest, AKilledNodeGoesOnWhereItWas) {
  write();
  {
    NodeProcess node(config(), folder_ / "log");
    ASSERT_TRUE(comes(has_events)) << node.log();
    const std::string package = (mix_->folder / "b.mpkg").string();
    EXPECT_EQ(put("/api/v1/apps/second", {{"package", package}, {"stream", "gate"}}), "200") << node.log();
    (void)node.end(SIGKILL);
  }
  EXPECT_THAT(run_cli("node " + config().string() + " check").err,
              HasSubstr("note: what was changed through the control API counts: "));
  NodeProcess again(config(), folder_ / "log");
  ASSERT_TRUE(comes([](const Json& now) { return has_events(now) && now["apps"].size() == 2; }))
      << again.log();
  EXPECT_EQ(again.end(SIGTERM), 0);
  StoreReader stored(folder_ / "state");
  EXPECT_THAT(stored.open_events(), testing::IsEmpty()) << "those of the first one are interrupted";
  std::set<std::int64_t> sequences;
  for (const std::string& line : event_lines())
    sequences.insert(Json::parse(line)["sequence"].get<std::int64_t>());
  EXPECT_EQ(std::ssize(sequences), stored.last_sequence()) << "none is missing";
}

}  // namespace
}  // namespace mainstream
