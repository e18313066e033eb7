// Runs on live sources that are silent, go away and come back.
#include <future>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/testing.hpp"
#include "mainstream/runner.hpp"
#include "media/live_testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class LiveRunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mix_ = new TestMix; }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }
  void SetUp() override { set_log_level("error"); }

  [[nodiscard]] RunOptions options(const std::string& source) const {
    RunOptions options;
    options.base = mix_->base_path();
    options.apps = mix_->packages();
    options.source = source;
    options.stream = "cam";
    options.threads = 1;
    options.budget = 500;
    options.report = out_ / "report.json";
    options.on_event = [](const EventRecord&) {};
    return options;
  }

  static TestMix* mix_;
  TestFolder out_;
};

TestMix* LiveRunTest::mix_ = nullptr;

TEST_F(LiveRunTest, AStopWhileACameraIsOpenedIsNoFailure) {
  const TestServer mute([](const TestServer::Client& client) { client.stay_silent(); });
  std::stop_source stop;
  auto report = std::async(std::launch::async, [&] {
    return run(options("rtsp://me:secret@" + mute.address() + "/x"), stop.get_token());
  });
  EXPECT_EQ(report.wait_for(500ms), std::future_status::timeout);
  const auto asked = steady_clock::now();
  stop.request_stop();
  EXPECT_EQ(report.get().ended, "stopped");
  EXPECT_LT(steady_clock::now() - asked, 2s);
  const std::string written = read_file(out_ / "report.json");
  EXPECT_EQ(parse_json(written, "report")["ended"], "stopped");
  EXPECT_EQ(written.find("secret"), std::string::npos);
}

// The first defect: the run ended with "end of stream" when its camera did.
TEST_F(LiveRunTest, ARunSurvivesItsCameraAndEndsWhenItsTimeIsOver) {
  RtspServer server;
  RunOptions run_options = options(server.url());
  run_options.duration_s = 6;
  run_options.stream_fps = 10;
  std::vector<EventRecord> events;
  run_options.on_event = [&](const EventRecord& event) { events.push_back(event); };
  const auto begin = std::chrono::system_clock::now();
  auto report = std::async(std::launch::async, [&] { return run(run_options); });
  std::this_thread::sleep_for(3s);
  server.kill();
  std::this_thread::sleep_for(500ms);
  server.start();
  std::this_thread::sleep_for(2s);
  server.stop();
  const RunReport ended = report.get();
  EXPECT_EQ(ended.ended, "duration");
  EXPECT_GT(ended.frames_analysed, 0);
  EXPECT_LT(ended.wall_seconds, 6 + 3);
  for (const EventRecord& event : events) {
    EXPECT_GE(event.start_time, begin - 1s);
    EXPECT_LE(event.end_time, std::chrono::system_clock::now());
    EXPECT_LE(event.start_time, event.end_time);
  }
}

TEST_F(LiveRunTest, AStopWhileACameraIsAwayIsNoFailure) {
  RtspServer server;
  RunOptions run_options = options(server.url());
  run_options.stream_fps = 10;
  std::stop_source stop;
  auto report = std::async(std::launch::async, [&] { return run(run_options, stop.get_token()); });
  std::this_thread::sleep_for(3s);
  server.kill();
  std::this_thread::sleep_for(500ms);
  const auto asked = steady_clock::now();
  stop.request_stop();
  EXPECT_EQ(report.get().ended, "stopped");
  EXPECT_LT(steady_clock::now() - asked, 2s);
}

TEST_F(LiveRunTest, ATestPictureIsASource) {
  RunOptions run_options = options("test:64x48@10");
  run_options.pace = Pace::all;
  run_options.duration_s = 5;
  const RunReport report = run(run_options);
  EXPECT_EQ(report.ended, "duration");
  EXPECT_EQ(report.frames_delivered, 50);
  EXPECT_EQ(report.wall_clock, WallClock::playback);
}

}  // namespace
}  // namespace mainstream
