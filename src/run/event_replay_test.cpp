// Events of real runs, replayed.
#include <cmath>

#include "core/log.hpp"
#include "mainstream/runner.hpp"
#include "run/analysis.hpp"
#include "run/deployer.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

class EventReplayTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    files_ = new TestMix;
    write_base(calibrated(files_->base, files_->clip()), calibrated_path());
  }
  static void TearDownTestSuite() {
    delete files_;
    set_log_level("info");
  }
  static std::filesystem::path calibrated_path() { return files_->folder / "calibrated.onnx"; }

  // Events of a plan on the clip.
  [[nodiscard]] static std::vector<EventRecord> events(const Mix& mix, const MixPlan& plan,
                                                       const SourceOptions& input = {}) {
    std::vector<EventRecord> events;
    AnalysisContext context;
    context.sink = [&](RaisedEvent event) { events.push_back(std::move(event.record)); };
    const Engine engine({.threads = 1});
    Deployer deployer(Mode::mainstream, engine, Clock::system());
    Analysis analysis(context, "clip", std::move(deployer.plan(mix, plan).front()));
    VideoReader reader(files_->clip().string(), input);
    while (const auto frame = reader.next()) analysis.add({.frame = *frame});
    analysis.finish();
    return events;
  }
  [[nodiscard]] static ReplayOptions options(char package) {
    return {.base = calibrated_path(),
            .app = files_->folder / (std::string(1, package) + ".mpkg"),
            .source = files_->clip().string()};
  }
  // What an event has become in a file.
  [[nodiscard]] EventRecord stored(const EventRecord& event) const {
    write_file(out_ / "e.json", to_json_line(event) + "\n");
    return read_event(out_ / "e.json");
  }

  static TestMix* files_;
  TestFolder out_;
};

TestMix* EventReplayTest::files_ = nullptr;

TEST_F(EventReplayTest, F32GivesTheSameScoresToTheLastDigit) {
  Mix mix = files_->mix(calibrated_path());
  mix.stems[0].region = {0.25, 0, 0.75, 1};
  MixPlan plan = files_->plan({{0, 20}, {1, 10}, {2, 5}});
  for (Setting& setting : plan.settings) setting.threshold = 0;  // one event of each app
  const std::vector<EventRecord> found = events(mix, plan);
  ASSERT_GT(found.size(), 2U);
  for (const EventRecord& event : found) {
    const EventReplay replay = replay_event(stored(event), options(event.app[0]));
    ASSERT_EQ(std::ssize(replay.frames), event.frames.last - event.frames.first + 1);
    EXPECT_EQ(static_cast<double>(*replay.peak), event.peak_score) << event.id;
    std::int64_t planned = 0;
    for (const EventReplay::Frame& frame : replay.frames) planned += frame.planned ? 1 : 0;
    EXPECT_EQ(planned, event.seen) << event.id;
  }
}

// An app whose stem is more exact in front than behind, as other apps of the stem need it.
TEST_F(EventReplayTest, NumberTypesAreThoseOfTheEvent) {
  if (!processor_has(NumberType::int8)) GTEST_SKIP() << "this processor does not compute in int8";
  const Mix mix = files_->mix(calibrated_path());
  const NumberTypes small{NumberType::int8, NumberType::int8}, half{NumberType::int8, NumberType::f32};
  MixPlan plan = files_->plan({{0, 20, half}, {1, 20, small}, {2, 20}});
  const std::size_t first = mix.place(0, plan.settings[2].branchpoint);
  for (std::size_t place = first + 1; place < plan.stem_types[0].size(); ++place)
    plan.stem_types[0][place] = NumberType::int8;
  for (Setting& setting : plan.settings) setting.threshold = 0;  // one event of each app
  const std::vector<EventRecord> found = events(mix, plan);
  ASSERT_GT(found.size(), 2U);
  for (const EventRecord& event : found) {
    const EventReplay replay = replay_event(stored(event), options(event.app[0]));
    EXPECT_TRUE(replay.agrees_with(event)) << event.app << ": " << *replay.peak << ", " << event.peak_score;
  }
}

TEST_F(EventReplayTest, AGivenRateTimesTheFramesAsInTheRun) {
  SourceOptions input;
  input.fps = 40;
  MixPlan plan = files_->plan({{0, 40}, {1, 20}, {2, 10}});
  for (Setting& setting : plan.settings) setting.threshold = 0;  // one event of each app
  const std::vector<EventRecord> found = events(files_->mix(calibrated_path(), input.fps), plan, input);
  ASSERT_GT(found.size(), 2U);
  for (const EventRecord& event : found) {
    ReplayOptions at_that_rate = options(event.app[0]);
    at_that_rate.input = input;
    std::int64_t planned = 0;
    for (const EventReplay::Frame& frame : replay_event(stored(event), at_that_rate).frames) {
      EXPECT_NEAR(frame.seconds, static_cast<double>(frame.index) / input.fps, 1e-6);
      planned += frame.planned ? 1 : 0;
    }
    EXPECT_EQ(planned, event.seen) << event.id;
  }
}

TEST_F(EventReplayTest, WhatDoesNotFitIsRefused) {
  const Mix mix = files_->mix(calibrated_path());
  const std::vector<EventRecord> found = events(mix, files_->plan({{0, 20}, {1, 20}, {2, 20}}));
  ASSERT_FALSE(found.empty());
  EventRecord event = found.front();
  const char other = event.app == "a" ? 'b' : 'a';
  EXPECT_ERROR(usage, (void)replay_event(event, options(other)), "expected the package " + event.package);
  event.frames.last = 1000;
  EXPECT_ERROR(usage, (void)replay_event(event, options(event.app[0])), "does not have the event's frames");
  event.peak_frame.reset();
  EXPECT_ERROR(untrusted, (void)replay_event(event, options(event.app[0])), "has no peak_frame");
  EventReplay otherwise;
  otherwise.peak = static_cast<float>(found.front().peak_score) + 0.01F;
  EXPECT_FALSE(otherwise.agrees_with(found.front()));
}

}  // namespace
}  // namespace mainstream
