#include "run/lane.hpp"

#include <malloc.h>

#include <limits>
#include <set>
#include <sstream>
#include <thread>

#include "core/log.hpp"
#include "media/pixels.hpp"
#include "run/deployer.hpp"
#include "run/runtime.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

constexpr FrameRange kAllFrames{0, std::numeric_limits<std::int64_t>::max()};

Camera::Options camera_options(const std::filesystem::path& clip, Pace pace) {
  return {.source = clip.string(), .pace = pace, .frames = kAllFrames};
}

// Scores each frame after a call of `before`, which may take its time.
class ScriptedPipeline : public Pipeline {
 public:
  ScriptedPipeline(std::function<void()> before, std::function<float()> score)
      : before_(std::move(before)), score_(std::move(score)) {}
  void run(const Picture&, std::span<const std::size_t> due, std::span<float> scores,
           FrameTimes& times) override {
    times = {};
    before_();
    const float score = score_();
    for (std::size_t i = 0; i < due.size(); ++i) {
      scores[i] = score;
      times.tails.push_back({due[i], 0});
    }
  }

 private:
  std::function<void()> before_;
  std::function<float()> score_;
};

StemPlan::App scripted_app(const std::string& id, int plan, double fps, float threshold = 0.5F) {
  return {.id = id,
          .rule = {.votes = 1, .merge_gap = 0},
          .package = "9f86d081",
          .setting = {.candidate = "exit-5",
                      .fps = fps,
                      .votes = 1,
                      .number_types = {},
                      .branchpoint = "plan" + std::to_string(plan),
                      .threshold = threshold}};
}

std::unique_ptr<StemPlan> scripted_plan(
    int number, std::vector<StemPlan::App> apps, std::function<void()> before = [] {},
    std::function<float()> score = [] { return 1.0F; }) {
  std::vector<double> rates;
  for (const StemPlan::App& app : apps) rates.push_back(app.setting.fps);
  return std::make_unique<StemPlan>(
      StemPlan{number, std::move(apps), Cadence(rates, kClipFps),
               std::make_unique<ScriptedPipeline>(std::move(before), std::move(score))});
}

// Frames are positive where the threshold is at most 1.
std::unique_ptr<StemPlan> scripted_plan(int number, double fps, std::function<void()> before,
                                        float threshold = 0.5F) {
  return scripted_plan(number, {scripted_app("app", number, fps, threshold)}, std::move(before));
}

class AnalysisTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder;
    make_clip(clip());
  }
  static void TearDownTestSuite() { delete folder_; }
  static std::filesystem::path clip() { return *folder_ / "clip.avi"; }

  AnalysisTest() {
    context_.sink = [this](RaisedEvent event) {
      events_.push_back(event.record);
      raised_.push_back(std::move(event));
    };
  }

  // The whole clip through one lane.
  void play(Camera& camera, Lane& lane) {
    camera.start();
    while (const auto frame = camera.next()) {
      if (!lane.offer(*frame)) break;
    }
    lane.end();
    lane.wait_until_over();
  }
  // The same for one app that looks at every frame and answers with these.
  void play_scores(const std::vector<float>& scores) {
    std::size_t frame = 0;
    const auto next = [&] { return scores[frame++]; };
    Lane lane(context_, workers_, Pace::all, "test",
              scripted_plan(
                  0, {scripted_app("app", 0, 20)}, [] {}, next));
    Camera camera(camera_options(clip(), Pace::all), Clock::system());
    play(camera, lane);
  }
  static Picture picture_of(std::int64_t frame) {
    VideoReader reader(clip().string());
    for (std::int64_t skipped = 0; skipped < frame; ++skipped) (void)reader.next();
    return reader.next()->picture;
  }

  static TestFolder* folder_;
  std::vector<EventRecord> events_;
  std::vector<RaisedEvent> raised_;  // the same, with pictures
  AnalysisContext context_;
  Workers workers_{1};
};

TestFolder* AnalysisTest::folder_ = nullptr;

TEST_F(AnalysisTest, ANewPlanTakesOverBetweenTwoFramesWithoutLosingOne) {
  FrameLog log(*folder_ / "frames.csv");
  context_.frame_log = &log;
  Camera camera(camera_options(clip(), Pace::all), Clock::system());
  Lane* running = nullptr;
  int frames = 0;
  const auto first = [&] {
    // From 5 to 20 frames per second, while the sixth frame is in work.
    if (++frames == 6) running->swap(scripted_plan(1, 20, [] {}));
  };
  Lane lane(context_, workers_, Pace::all, "test", scripted_plan(0, 5, first));
  running = &lane;
  play(camera, lane);

  std::vector<std::string> expected;
  for (int i = 0; i <= 20; i += 4) expected.push_back(std::to_string(i));
  for (int i = 21; i < 60; ++i) expected.push_back(std::to_string(i));
  std::vector<std::string> seen;
  std::istringstream lines(read_file(*folder_ / "frames.csv"));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) seen.push_back(line.substr(0, line.find(',')));
  EXPECT_EQ(seen, expected);

  ASSERT_EQ(events_.size(), 1U) << "the open event goes on";
  EXPECT_EQ(events_[0].frames, (FrameRange{0, 59}));
  EXPECT_EQ(events_[0].confirmed_frame, 0);
  EXPECT_EQ(events_[0].branchpoint, "plan1");
  EXPECT_EQ(events_[0].votes, 1);
  EXPECT_EQ(events_[0].package, "9f86d081");
  EXPECT_EQ(events_[0].plan, 1);
  EXPECT_EQ(lane.statistics().present.plan, 1);
  EXPECT_EQ(lane.statistics().present.analysed, 39);
}

// What one app sees and raises must not depend on others that come and go.
TEST_F(AnalysisTest, AppsThatComeAndGoLeaveTheOthersAlone) {
  const auto app = [](const std::string& id, int plan, double fps) { return scripted_app(id, plan, fps); };
  const auto log_of = [&](bool disturbed) {
    const std::filesystem::path path = *folder_ / (disturbed ? "disturbed.csv" : "calm.csv");
    FrameLog log(path);
    context_.frame_log = &log;
    Lane* running = nullptr;
    int frames = 0;
    const auto each = [&] {
      ++frames;
      if (!disturbed) return;
      if (frames == 10)
        running->swap(scripted_plan(
            1, {app("new", 1, 20), app("slow", 1, 4), app("kept", 1, 10), app("gone", 1, 20)}, [&] {
              if (++frames == 20) running->swap(scripted_plan(2, {app("kept", 2, 10), app("gone", 2, 20)}));
            }));
    };
    Lane lane(context_, workers_, Pace::all, "test",
              scripted_plan(0, {app("kept", 0, 10), app("gone", 0, 20)}, each));
    running = &lane;
    Camera camera(camera_options(clip(), Pace::all), Clock::system());
    play(camera, lane);
    context_.frame_log = nullptr;
    std::vector<std::string> lines;
    std::istringstream all(read_file(path));
    for (std::string line; std::getline(all, line);)
      if (line.find(",kept,") != std::string::npos) lines.push_back(line);
    return lines;
  };
  const auto calm = log_of(false);
  ASSERT_EQ(events_.size(), 2U);
  events_.clear();
  EXPECT_EQ(log_of(true), calm);
  ASSERT_EQ(events_.size(), 4U);
  EXPECT_EQ(events_[0].app, "new") << "the open event of an app that goes is closed";
  EXPECT_EQ(events_[1].app, "slow");
  EXPECT_EQ(events_[0].plan, 1);
  EXPECT_EQ(events_[0].frames.first, 10);
  for (const std::size_t i : {2U, 3U}) {
    EXPECT_EQ(events_[i].frames.first, 0) << "an open event is not torn";
    EXPECT_EQ(events_[i].plan, 2);
  }
}

TEST_F(AnalysisTest, AnEventTellsThePlanOfItsLastFrame) {
  Camera camera(camera_options(clip(), Pace::all), Clock::system());
  Lane* running = nullptr;
  int frames = 0;
  // All frames up to 9 are positive; the plan that takes over finds none, which ends the event.
  const auto first = [&] {
    if (++frames == 10)
      running->swap(scripted_plan(
          1, 20, [] {}, 2));
  };
  Lane lane(context_, workers_, Pace::all, "test", scripted_plan(0, 20, first));
  running = &lane;
  play(camera, lane);
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].frames, (FrameRange{0, 9}));
  EXPECT_NEAR(events_[0].end_seconds, 9 / kClipFps, 1e-5);
  EXPECT_EQ(events_[0].end_time - events_[0].start_time, std::chrono::milliseconds(450));
  EXPECT_EQ(events_[0].branchpoint, "plan0");
  EXPECT_EQ(events_[0].plan, 0);
}

// 60 frames in 3 seconds with these scores; positive from 0.5 on.
TEST_F(AnalysisTest, TellsHowAnEventGoesOnWithPicturesOfItsPeak) {
  context_.tells_changes = true;
  context_.new_event_id = [](const std::string& stream) { return stream + "!"; };
  std::vector<float> scores(60, 0.6F);
  scores[0] = scores[1] = 0.1F;
  scores[10] = 0.62F;  // higher, but not clearly
  scores[30] = 0.9F;
  scores[50] = 0.91F;
  scores[58] = scores[59] = 0;
  play_scores(scores);
  struct Expected {
    EventChange change;
    std::int64_t last, peak_frame;
    bool picture;
  };
  // The merge gap is 0: it ends with the first frame that is not positive.
  const std::vector<Expected> expected{{EventChange::begun, 2, 2, true},
                                       {EventChange::updated, 22, 10, false},
                                       {EventChange::updated, 42, 30, true},
                                       {EventChange::ended, 57, 50, true}};
  ASSERT_EQ(raised_.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto& [record, picture] = raised_[i];
    EXPECT_EQ(record.change, expected[i].change) << i;
    EXPECT_EQ(record.id, "test!");
    EXPECT_EQ(record.frames, (FrameRange{2, expected[i].last})) << i;
    EXPECT_EQ(record.peak_frame, expected[i].peak_frame) << i;
    EXPECT_EQ(record.confirmed_frame, 2);
    EXPECT_EQ(picture.has_value(), expected[i].picture) << i;
    if (!picture) continue;
    EXPECT_EQ(to_rgb(*picture), to_rgb(picture_of(expected[i].peak_frame)))
        << "of frame " << expected[i].peak_frame;
  }
  EXPECT_EQ(raised_[3].record.end_time - raised_[3].record.start_time, std::chrono::milliseconds(2750));
}

TEST_F(AnalysisTest, WhereAnEventIsCutTheNextHasItsOwnTimeAndPicture) {
  context_.tells_changes = true;
  StemPlan::App app = scripted_app("app", 0, 20);
  app.rule.max_length = 25;
  Lane lane(context_, workers_, Pace::all, "test", scripted_plan(0, {app}, [] {}));
  Camera camera(camera_options(clip(), Pace::all), Clock::system());
  play(camera, lane);
  std::vector<RaisedEvent> ended;
  for (const RaisedEvent& event : raised_)
    if (event.record.over()) ended.push_back(event);
  ASSERT_EQ(ended.size(), 3U);
  EXPECT_EQ(ended[0].record.frames, (FrameRange{0, 24}));
  EXPECT_EQ(ended[1].record.frames, (FrameRange{25, 49}));
  EXPECT_EQ(ended[2].record.frames, (FrameRange{50, 59}));
  EXPECT_EQ(ended[1].record.start_time - ended[0].record.start_time, std::chrono::milliseconds(1250));
  EXPECT_EQ(std::set<std::string>({ended[0].record.id, ended[1].record.id, ended[2].record.id}).size(), 3U);
  for (const RaisedEvent& event : raised_)
    EXPECT_EQ(event.picture.has_value(), event.record.change == EventChange::begun)
        << "the first is the peak";
}

TEST_F(AnalysisTest, TellsWhatNearlyWasAnEventWithItsPicture) {
  context_.tells_changes = true;
  std::vector<float> scores(60, 0.1F);
  scores[5] = 0.45F;
  scores[39] = 0.49F;  // but an event begins beside it
  scores[40] = scores[41] = 0.8F;
  play_scores(scores);
  ASSERT_EQ(raised_.size(), 3U);
  EXPECT_EQ(raised_[0].record.change, EventChange::begun);
  EXPECT_EQ(raised_[1].record.change, EventChange::ended);
  const auto& [record, picture] = raised_[2];
  EXPECT_EQ(record.change, EventChange::nearly);
  EXPECT_EQ(record.frames, (FrameRange{5, 5}));
  EXPECT_FLOAT_EQ(static_cast<float>(record.peak_score), 0.45F);
  EXPECT_EQ(record.peak_frame, 5);
  EXPECT_NE(record.id, raised_[1].record.id);
  ASSERT_TRUE(picture);
  EXPECT_EQ(to_rgb(*picture), to_rgb(picture_of(5)));
}

TEST_F(AnalysisTest, WithoutChangesThereIsOneRecordOfEachEvent) {
  Lane lane(context_, workers_, Pace::all, "test", scripted_plan(0, 20, [] {}));
  Camera camera(camera_options(clip(), Pace::all), Clock::system());
  play(camera, lane);
  ASSERT_EQ(raised_.size(), 1U);
  EXPECT_FALSE(raised_[0].record.change || raised_[0].picture);
  EXPECT_EQ(raised_[0].record.id, "test-1");
}

TEST_F(AnalysisTest, LivePaceDropsWhatIsTooMuchAndStaysNearTheCamera) {
  // 120 ms of work for frames that come every 50 ms. On a busy machine it takes longer: `longest` tells.
  std::chrono::duration<double, std::milli> longest{};
  const auto work = [&] {
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    longest = std::max<decltype(longest)>(longest, std::chrono::steady_clock::now() - start);
  };
  Camera camera(camera_options(clip(), Pace::live), Clock::system());
  Lane lane(context_, workers_, Pace::live, "test", scripted_plan(0, 20, work));
  const auto start = std::chrono::steady_clock::now();
  play(camera, lane);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;

  const Statistics statistics = lane.statistics();
  const CameraCounts counts = camera.counts();
  EXPECT_EQ(counts.delivered, kClipFrames);
  const std::int64_t dropped = counts.dropped + lane.replaced();
  EXPECT_EQ(dropped + statistics.taken, counts.delivered) << "every frame is taken or counted";
  EXPECT_GT(dropped, 20);
  EXPECT_EQ(statistics.replaced, lane.replaced());
  EXPECT_GT(statistics.apps[0].dropped.overload, 20);
  EXPECT_EQ(statistics.apps[0].dropped.budget, 0);
  EXPECT_LE(statistics.apps[0].dropped.camera, counts.dropped) << "which this test's reader was too slow for";
  EXPECT_GT(took.count(), 2.9) << "a clip takes as long as its time";
  EXPECT_GT(statistics.analysed, 5);
  // A frame waits for at most the one in work, however many came before.
  EXPECT_LE(statistics.latency_ms.quantile(0.9), 2 * longest.count() + 100);
}

// Four streams with twice the work that one worker can do: each gets a fourth, and no frame gets old.
TEST_F(AnalysisTest, UnderOverloadStreamsGetEqualSharesAndFramesStayYoung) {
  std::chrono::duration<double, std::milli> longest{};
  const auto work = [&] {  // by the only worker
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
    longest = std::max<decltype(longest)>(longest, std::chrono::steady_clock::now() - start);
  };
  std::vector<std::unique_ptr<Camera>> cameras;
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < 4; ++i) {
    cameras.push_back(std::make_unique<Camera>(camera_options(clip(), Pace::live), Clock::system()));
    lanes.push_back(
        std::make_unique<Lane>(context_, workers_, Pace::live, "test", scripted_plan(0, 20, work)));
  }
  {
    std::vector<std::jthread> players;
    for (std::size_t i = 0; i < 4; ++i) players.emplace_back([&, i] { play(*cameras[i], *lanes[i]); });
  }
  std::vector<std::int64_t> analysed;
  for (const auto& lane : lanes) {
    const Statistics statistics = lane->statistics();
    analysed.push_back(statistics.analysed);
    EXPECT_LE(statistics.latency_ms.quantile(0.95), 5 * longest.count() + 50)
        << "a turn of each, and its own";
    EXPECT_GT(statistics.apps[0].dropped.overload, 0);
  }
  EXPECT_LE(*std::ranges::max_element(analysed), *std::ranges::min_element(analysed) * 1.25 + 3);
}

TEST_F(AnalysisTest, LivePaceLosesNothingThatFits) {
  Camera camera(camera_options(clip(), Pace::live), Clock::system());
  Lane lane(context_, workers_, Pace::live, "test", scripted_plan(0, 5, [] {}));
  play(camera, lane);
  EXPECT_GE(lane.statistics().analysed, 14) << "15 are due";
}

TEST_F(AnalysisTest, WhatThePipelineThrowsEndsTheLaneAndClosesEvents) {
  Camera camera(camera_options(clip(), Pace::all), Clock::system());
  int frames = 0;
  Lane lane(context_, workers_, Pace::all, "test", scripted_plan(0, 20, [&] {
              if (++frames == 10) throw Error(ErrorKind::failed, "the engine broke");
            }));
  play(camera, lane);
  ASSERT_TRUE(lane.failure());
  EXPECT_ERROR(failed, std::rethrow_exception(lane.failure()), "the engine broke");
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(events_[0].frames, (FrameRange{0, 8}));
}

TEST_F(AnalysisTest, TheDecodersErrorReachesTheOwner) {
  const std::string whole = read_file(clip());
  write_file(*folder_ / "noise.avi", whole.substr(0, 6000) + std::string(4000, 'x'));
  Camera camera(camera_options(*folder_ / "noise.avi", Pace::all), Clock::system());
  EXPECT_FALSE(camera.failure());
  camera.start();
  while (camera.next()) continue;
  const CameraCounts counts = camera.counts();
  // FFmpeg may find frames in it or not: either they came, or the failure tells why not.
  EXPECT_TRUE(counts.delivered > 0 || camera.failure());
}

TEST_F(AnalysisTest, ACameraStopsWhileItWaits) {
  Camera camera(camera_options(clip(), Pace::live), Clock::system());
  camera.start();
  ASSERT_TRUE(camera.next());
  camera.stop();
  while (camera.next()) continue;
  EXPECT_LT(camera.counts().delivered, kClipFrames / 2) << "of 3 s";
}

TEST_F(AnalysisTest, APausedClockHoldsTheFramesOfAFileBack) {
  ManualClock clock;
  Camera camera(camera_options(clip(), Pace::live), clock);
  camera.start();
  int frames = 0;
  while (camera.next()) ++frames;
  // The decoder's waits are what moves this clock: 59 frame times of 50 ms.
  EXPECT_EQ(clock.now().time_since_epoch(), std::chrono::milliseconds(2950));
  EXPECT_EQ(camera.counts().delivered, kClipFrames);
  EXPECT_EQ(frames + camera.counts().dropped, kClipFrames);
}

// Real plans of one stem: each answers with the scores of its own candidates.
TEST(DeployerTest, PlansShareTheStemAndWhatTheyHaveInCommon) {
  const TestMix files;
  const Mix mix = files.mix();
  const Engine engine({.threads = 1});
  Deployer deployer(Mode::mainstream, engine, Clock::system());
  const MixPlan before = files.plan({{0, 20}, {1, 20}, {2, 20}}),
                after = files.plan({{0, 20}, {2, 20}, {1, 20}});
  const StemTypes f32(mix.stems[0].base.branchpoints.size(), NumberType::f32);
  auto first = deployer.plan(mix, before);
  const auto stem = deployer.stem(mix.stems[0], f32);
  const std::string kept_id = before.settings[0].candidate;
  const auto kept = deployer.tail(mix, f32, 0, kept_id, NumberType::f32);
  auto second = deployer.plan(mix, after);
  EXPECT_EQ(deployer.stem(mix.stems[0], f32), stem) << "what runs already is not compiled again";
  EXPECT_EQ(deployer.tail(mix, f32, 0, kept_id, NumberType::f32), kept);

  VideoReader reader(files.clip().string());
  const std::vector<std::size_t> all{0, 1, 2};
  std::vector<float> scores(3);
  FrameTimes times;
  for (int i = 0; const auto frame = reader.next(); ++i) {
    const bool early = i < 30;
    (early ? first : second)[0]->pipeline->run(frame->picture, all, scores, times);
    const std::vector<std::size_t> candidates =
        early ? std::vector<std::size_t>{0, 1, 2} : std::vector<std::size_t>{0, 2, 1};
    for (std::size_t app = 0; app < 3; ++app) {
      const std::string name(1, static_cast<char>('a' + app));
      ASSERT_NEAR(scores[app], files.scores.at(name)[candidates[app]][static_cast<std::size_t>(i)], 1e-5)
          << "app " << name << " frame " << i;
    }
    EXPECT_EQ(times.segments.size(), 3U);
    EXPECT_EQ(times.tails.size(), 3U);
  }
}

// Bytes that are in use, large blocks included, without what the allocator keeps for later.
std::size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(RuntimeTest, FiftyPlansLeaveNothingBehind) {
  constexpr std::size_t kWarmUp = 10, kPlans = 50;
  set_log_level("error");
  const TestMix files;
  const TestFolder cache;
  Runtime runtime({.planner = {}, .layout = {1, 1}, .cache = cache.path(), .sink = {}}, Clock::system());
  const std::vector<std::vector<Setting>> settings{files.plan({{0, 20}, {1, 20}, {2, 20}}).settings,
                                                   files.plan({{2, 20}, {0, 20}, {1, 20}}).settings};
  std::size_t warm = 0;
  for (std::size_t i = 0; i < kWarmUp + kPlans; ++i) {
    const auto now = runtime.change(files.mix(), {1e6, true}, "another plan", settings[i % 2]);
    while (now.lanes.at(0)->statistics().present.plan != now.number)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (i + 1 == kWarmUp) warm = bytes_in_use();
  }
  set_log_level("info");
  // Plans that stayed would keep 140 kB, their mixes and the stem apart.
  EXPECT_LT(bytes_in_use(), warm + 60'000);
}

}  // namespace
}  // namespace mainstream
