#include "mainstream/runner.hpp"

#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <thread>

#include "core/json.hpp"
#include "core/log.hpp"
#include "mainstream/event.hpp"
#include "run/session.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

// What a frame log says: by app, the frames and their scores.
struct Logged {
  std::vector<std::int64_t> frames;
  std::vector<double> scores;
  std::vector<bool> positive;
};

std::map<std::string, Logged> read_log(const std::filesystem::path& path) {
  std::map<std::string, Logged> log;
  std::istringstream lines(read_file(path));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string frame, time, app, score, positive;
    std::getline(fields, frame, ',');
    std::getline(fields, time, ',');
    std::getline(fields, app, ',');
    std::getline(fields, score, ',');
    std::getline(fields, positive, ',');
    EXPECT_NEAR(std::stod(time), std::stod(frame) / kClipFps, 1e-5);
    log[app].frames.push_back(std::stoll(frame));
    log[app].scores.push_back(std::stod(score));
    log[app].positive.push_back(positive == "1");
  }
  return log;
}

// Every look at it takes the looking thread a millisecond: work takes as long as it has steps, on a busy
// machine, too.
class StepClock : public Clock {
 public:
  [[nodiscard]] Time now() const override {
    thread_local Time time{};
    return time += std::chrono::milliseconds(1);
  }
  void sleep_until(Time) override {}
};

class RunnerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    mix_ = new TestMix;
  }
  static void TearDownTestSuite() {
    delete mix_;
    mix_ = nullptr;
  }

  [[nodiscard]] RunOptions options() const {
    RunOptions options;
    options.base = mix_->base_path();
    options.apps = mix_->packages();
    options.source = mix_->clip().string();
    options.pace = Pace::all;
    options.threads = 1;  // tests run beside others
    options.events = out_ / "events.jsonl";
    options.frame_log = out_ / "frames.csv";
    options.report = out_ / "report.json";
    return options;
  }

  struct Wanted {
    std::string app;
    std::size_t candidate;
    double fps;
  };
  [[nodiscard]] std::filesystem::path schedule(const std::vector<Wanted>& wanted) const {
    Json apps = Json::array();
    for (const Wanted& app : wanted) {
      const Candidate& candidate = mix_->manifests[app.app].candidates[app.candidate];
      apps.push_back({{"id", app.app}, {"branchpoint", candidate.branchpoint}, {"fps", app.fps}});
    }
    write_file(out_ / "schedule.json", Json{{"apps", apps}}.dump());
    return out_ / "schedule.json";
  }
  [[nodiscard]] std::filesystem::path mixed_schedule() const {
    return schedule({{"a", 0, 20}, {"b", 1, 10}, {"c", 2, 2.5}});
  }

  // Events that the reference's scores make on the frames that an app saw.
  [[nodiscard]] std::vector<FrameRange> expected_events(const std::string& app, std::size_t candidate,
                                                        const std::vector<std::int64_t>& frames) const {
    const Manifest& manifest = mix_->manifests[app];
    EventDetector detector(
        {manifest.event.votes, std::llround(manifest.event.merge_gap_ms / 1e3 * kClipFps)});
    std::vector<FrameRange> events;
    for (const std::int64_t frame : frames) {
      const float score = mix_->scores[app][candidate][static_cast<std::size_t>(frame)];
      const auto event = detector.add(frame, {}, score, score >= manifest.candidates[candidate].threshold);
      if (event) events.push_back(event->range);
    }
    if (const auto event = detector.finish()) events.push_back(event->range);
    return events;
  }
  [[nodiscard]] std::map<std::string, std::vector<FrameRange>> written_events() const {
    std::map<std::string, std::vector<FrameRange>> events;
    for (const EventRecord& event : read_events(out_ / "events.jsonl")) {
      events[event.app].push_back(event.frames);
    }
    return events;
  }

  static TestMix* mix_;
  TestFolder out_;
};

TestMix* RunnerTest::mix_ = nullptr;

TEST_F(RunnerTest, SharedStemGivesEveryAppTheScoresOfItsWholeNetwork) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  const RunReport report = run(run_options);

  const auto log = read_log(out_ / "frames.csv");
  ASSERT_EQ(log.at("a").frames.size(), 60U);
  ASSERT_EQ(log.at("b").frames.size(), 30U);
  EXPECT_THAT(log.at("c").frames, testing::ElementsAre(0, 8, 16, 24, 32, 40, 48, 56));
  const std::map<std::string, std::size_t> candidates{{"a", 0}, {"b", 1}, {"c", 2}};
  for (const auto& [app, candidate] : candidates) {
    const Logged& logged = log.at(app);
    for (std::size_t i = 0; i < logged.frames.size(); ++i) {
      EXPECT_NEAR(logged.scores[i], mix_->scores[app][candidate][static_cast<std::size_t>(logged.frames[i])],
                  1e-5)
          << app << " frame " << logged.frames[i];
    }
    EXPECT_EQ(written_events()[app], expected_events(app, candidate, logged.frames)) << app;
  }
  EXPECT_EQ(report.ended, "end of stream");
  EXPECT_EQ(report.frames_delivered, 60);
  EXPECT_EQ(report.frames_analysed, 60);
  EXPECT_EQ(report.frames_dropped, 0);
  EXPECT_NEAR(report.stream_seconds, 3, 1e-6);
  EXPECT_NEAR(report.apps[0].reached_fps, 20, 1e-6);
  EXPECT_NEAR(report.apps[2].target_fps, 2.5, 1e-6);
}

TEST_F(RunnerTest, WithoutSharingTheAnswersAreTheSame) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  (void)run(run_options);
  const auto shared = read_log(out_ / "frames.csv");
  const auto shared_events = written_events();
  run_options.mode = Mode::no_sharing;
  const RunReport report = run(run_options);
  const auto separate = read_log(out_ / "frames.csv");
  ASSERT_EQ(shared.size(), 3U);
  for (const auto& [app, logged] : shared) {
    EXPECT_EQ(separate.at(app).frames, logged.frames) << app;
    for (std::size_t i = 0; i < logged.scores.size(); ++i) {
      EXPECT_NEAR(separate.at(app).scores[i], logged.scores[i], 1e-5) << app << " answer " << i;
    }
  }
  EXPECT_EQ(written_events(), shared_events);
  EXPECT_EQ(report.stem.count, 0);
  EXPECT_EQ(report.scaling.count, 60 + 30 + 8) << "each app scales for itself";
}

TEST_F(RunnerTest, TheSameInputsGiveTheSameEvents) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  const auto events = [&] {
    (void)run(run_options);
    std::vector<std::string> lines;
    for (EventRecord& event : read_events(out_ / "events.jsonl")) {
      event.start_time = event.end_time = {};
      lines.push_back(to_json_line(event));
    }
    return lines;
  };
  const auto first = events();
  const std::string log = read_file(out_ / "frames.csv");
  EXPECT_GT(first.size(), 3U);
  EXPECT_EQ(events(), first);
  EXPECT_EQ(read_file(out_ / "frames.csv"), log);
}

TEST_F(RunnerTest, APartOfAClipKeepsItsIndices) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  run_options.frames = FrameRange{20, 49};
  const RunReport report = run(run_options);
  const auto log = read_log(out_ / "frames.csv");
  EXPECT_EQ(log.at("a").frames.front(), 20);
  EXPECT_EQ(log.at("a").frames.back(), 49);
  EXPECT_NEAR(log.at("a").scores[0], mix_->scores["a"][0][20], 1e-5);
  EXPECT_NEAR(report.stream_seconds, 1.5, 1e-6);
  for (const EventRecord& event : read_events(out_ / "events.jsonl")) {
    EXPECT_GE(event.frames.first, 20);
    EXPECT_NEAR(event.start_seconds, static_cast<double>(event.frames.first) / kClipFps, 1e-5);
  }
}

TEST_F(RunnerTest, AFileCanBePlayedAtAnotherRate) {
  RunOptions run_options = options();
  run_options.frame_log.reset();
  run_options.stream_fps = 5;
  const RunReport report = run(run_options);
  EXPECT_NEAR(report.stream_seconds, 12, 1e-5);
  for (const EventRecord& event : read_events(out_ / "events.jsonl")) {
    EXPECT_NEAR(event.start_seconds, static_cast<double>(event.frames.first) / 5, 1e-5);
  }
}

TEST_F(RunnerTest, EveryModeSchedulesByItself) {
  for (const Mode mode : {Mode::mainstream, Mode::fixed, Mode::max_sharing, Mode::apart, Mode::no_sharing}) {
    RunOptions run_options = options();
    run_options.mode = mode;
    const RunReport report = run(run_options);
    ASSERT_EQ(report.schedules.size(), 1U) << to_string(mode);
    const RunReport::InForce& schedule = report.schedules[0];
    EXPECT_LE(schedule.plan.schedule.cost, report.available_ms_per_s + 1e-6);
    for (std::size_t app = 0; app < 3; ++app) {
      EXPECT_NEAR(report.apps[app].reached_fps, report.apps[app].target_fps, 0.7) << to_string(mode);
      const std::size_t allowed = mode == Mode::max_sharing ? mix_->base.branchpoints.size() - 1 : 1;
      EXPECT_TRUE(mode == Mode::mainstream || mode == Mode::fixed || mode == Mode::apart ||
                  schedule.plan.settings[app].branchpoint == mix_->base.branchpoints[allowed].tensor);
    }
    const Json json = parse_json(read_file(out_ / "report.json"), "report.json");
    EXPECT_EQ(json["mode"], to_string(mode));
    EXPECT_EQ(json["apps"].size(), 3U);
    EXPECT_EQ(json["frames"]["delivered"], 60);
    EXPECT_EQ(json["schedules"][0]["apps"][0]["branchpoint"], schedule.plan.settings[0].branchpoint);
  }
}

// One builder, one kind of costs: what `schedule --packages` answers is what a run does.
TEST_F(RunnerTest, RunsTheScheduleThatPackagesCostsAndBudgetGive) {
  RunOptions run_options = options();
  for (const Mode mode : {Mode::mainstream, Mode::max_sharing, Mode::apart}) {
    for (const double budget : {3.0, 50.0}) {
      run_options.mode = mode;
      run_options.budget = budget;
      const RunReport report = run(run_options);
      const Mix mix = read_mix(run_options.base, run_options.apps, "clip", kClipFps, 128, 96);
      const Costs costs = known_costs(Engine({.threads = 1}), mix);
      SolveOptions solve_options;
      solve_options.algorithm = algorithm_of(mode, Algorithm::automatic);
      const Problem problem = make_problem(mix, costs, budget, mode);
      const Schedule expected = spend_rest(problem, solve(problem, solve_options));
      const Schedule& ran = report.schedules[0].plan.schedule;
      EXPECT_NEAR(ran.cost, expected.cost, 1e-9);
      for (std::size_t app = 0; app < 3; ++app) {
        EXPECT_EQ(ran.apps[app].choice, expected.apps[app].choice) << to_string(mode) << " at " << budget;
      }
    }
  }
}

TEST_F(RunnerTest, AReportsScheduleCanBeRunAgain) {
  RunOptions run_options = options();
  const RunReport first = run(run_options);
  const auto log = read_log(out_ / "frames.csv");
  const Json json = parse_json(read_file(out_ / "report.json"), "report.json");
  write_file(out_ / "again.json", json["schedules"][0].dump());
  run_options.schedule = out_ / "again.json";
  const RunReport second = run(run_options);
  EXPECT_EQ(second.schedules[0].plan.settings, first.schedules[0].plan.settings);
  EXPECT_EQ(read_log(out_ / "frames.csv").at("a").frames, log.at("a").frames);
}

TEST_F(RunnerTest, ABudgetIsKeptAndAllRatesSinkInProportion) {
  RunOptions run_options = options();
  run_options.schedule = schedule({{"a", 0, 20}, {"b", 1, 10}, {"c", 2, 5}});
  StepClock clock;
  const RunReport free = Session(run_options, {}, clock).run();
  for (const Mode mode : {Mode::mainstream, Mode::no_sharing}) {
    run_options.mode = mode;
    run_options.budget = free.busy_ms_per_s * 0.3;
    const RunReport report = Session(run_options, {}, clock).run();
    // The last frame may begin when nothing is owed yet.
    EXPECT_LE(report.busy_ms, *run_options.budget * report.stream_seconds + 20 * report.frame.p95_ms);
    EXPECT_LT(report.busy_ms_per_s, 0.7 * free.busy_ms_per_s);
    EXPECT_GT(report.frames_put_off, 0);
    EXPECT_GT(report.apps[2].frames, 0);
    const double stem = static_cast<double>(report.frames_analysed);
    EXPECT_NEAR(static_cast<double>(report.apps[1].frames), stem / 2, 1.1);
    EXPECT_NEAR(static_cast<double>(report.apps[2].frames), stem / 4, 1.1);
  }
}

TEST_F(RunnerTest, StoppingClosesOpenEventsAndWritesTheReport) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  std::stop_source stop;
  run_options.on_event = [&](const EventRecord&) { stop.request_stop(); };
  const RunReport report = run(run_options, stop.get_token());
  EXPECT_EQ(report.ended, "stopped");
  EXPECT_LT(report.frames_analysed, 60);
  EXPECT_EQ(parse_json(read_file(out_ / "report.json"), "report")["ended"], "stopped");
  const auto log = read_log(out_ / "frames.csv");
  EXPECT_EQ(written_events()["a"], expected_events("a", 0, log.at("a").frames));
}

TEST_F(RunnerTest, ADurationEndsTheRun) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  run_options.duration_s = 1;
  const RunReport report = run(run_options);
  EXPECT_EQ(report.ended, "duration");
  EXPECT_EQ(report.frames_analysed, 20);
}

// What it sleeps lasts five seconds more.
class LateClock : public ManualClock {
 public:
  void sleep_until(Time time) override {
    ManualClock::sleep_until(time + std::chrono::seconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // who looks at the clock sees that
  }
};

TEST_F(RunnerTest, ADurationCountsTheTimeOfAFileThatIsPlayedLate) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  run_options.pace = Pace::live;
  run_options.duration_s = 1;
  LateClock clock;
  const RunReport report = Session(run_options, {}, clock).run();
  EXPECT_EQ(report.ended, "duration");
  EXPECT_EQ(report.frames_delivered, 20);
}

// Of the whole run: 60 frames in three seconds, of which app c saw every eighth.
TEST_F(RunnerTest, TheLastLineOfProgressTellsAllFrames) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  run_options.show_progress = true;
  testing::internal::CaptureStderr();
  (void)run(run_options);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::ContainsRegex("clip 60/60, .*20.3 10.2 2.7 fps"));
}

TEST_F(RunnerTest, WhatASinkThrowsReachesTheCallerAfterTheReport) {
  RunOptions run_options = options();
  run_options.schedule = mixed_schedule();
  run_options.on_event = [](const EventRecord&) { throw Error(ErrorKind::storage, "the disk is full"); };
  EXPECT_ERROR(storage, run(run_options), "the disk is full");
  EXPECT_EQ(parse_json(read_file(out_ / "report.json"), "report")["ended"], "the disk is full");
}

TEST_F(RunnerTest, RefusesWhatCannotRunBeforeItStarts) {
  const auto with = [&](const auto& change) {
    RunOptions changed = options();
    change(changed);
    return changed;
  };
  EXPECT_ERROR(usage, run(with([](RunOptions& o) { o.apps.clear(); })), "at least one M-Package");
  EXPECT_ERROR(usage, run(with([](RunOptions& o) { o.apps.push_back(o.apps[0]); })), "both of the app \"a\"");
  EXPECT_ERROR(usage, run(with([](RunOptions& o) { o.budget = -1; })),
               "the budget: expected a value above 0, got -1");
  EXPECT_ERROR(usage, run(with([](RunOptions& o) { o.frames = FrameRange{50, 40}; })), "got 50..40");
  EXPECT_ERROR(usage, run(with([](RunOptions& o) {
                 o.frames = FrameRange{60, 70};
               })),
               "expected frames within 0..59, got 60..70");
  EXPECT_ERROR(usage, run(with([](RunOptions& o) { o.algorithm = Algorithm::no_sharing; })),
               "mode of running");
  EXPECT_ERROR(unreadable, run(with([](RunOptions& o) { o.base = "/nowhere.onnx"; })), "/nowhere.onnx");
  EXPECT_ERROR(unreadable, run(with([](RunOptions& o) { o.apps = {"/nowhere.mpkg"}; })), "/nowhere.mpkg");
  EXPECT_ERROR(unreadable, run(with([](RunOptions& o) { o.source = "/nowhere.avi"; })), "/nowhere.avi");
  EXPECT_ERROR(storage, run(with([](RunOptions& o) { o.report = "/nowhere/report.json"; })), "/nowhere");
  EXPECT_ERROR(infeasible, run(with([](RunOptions& o) { o.budget = 1e-6; })), "no schedule for 3 apps");
  EXPECT_THAT(out_.names(), testing::IsEmpty()) << "nothing is written by what does not run";

  const Base other = make_base(12);
  write_base(other, out_ / "other.onnx");
  EXPECT_ERROR(untrusted, run(with([&](RunOptions& o) { o.base = out_ / "other.onnx"; })), "a.mpkg");
}

TEST_F(RunnerTest, RefusesSchedulesThatDoNotFitTheApps) {
  const auto with = [&](const std::string& text) {
    write_file(out_ / "schedule.json", text);
    RunOptions changed = options();
    changed.schedule = out_ / "schedule.json";
    return changed;
  };
  EXPECT_ERROR(untrusted, run(with("{")), "not JSON");
  EXPECT_ERROR(untrusted, run(with(R"({"apps": [{"id": "x", "frozen": 1, "fps": 1}]})")),
               "apps[0].id: names the app \"x\", expected one of a, b, c");
  EXPECT_ERROR(untrusted, run(with(R"({"apps": [{"id": "a", "frozen": 999, "fps": 1}]})")),
               "names no candidate of the package");
  EXPECT_ERROR(untrusted, run(with(R"({"apps": [{"id": "a", "branchpoint": "t9", "fps": 0}]})")), "fps");
  EXPECT_ERROR(untrusted, run(with(R"({"apps": []})")), "no entry for the app \"a\"");
}

}  // namespace
}  // namespace mainstream
