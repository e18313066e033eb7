#include "mainstream/node.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <atomic>
#include <map>
#include <thread>

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/mutex.hpp"
#include "mainstream/runner.hpp"
#include "media/live_testing.hpp"
#include "node/node_mix.hpp"
#include "run/testing.hpp"

namespace mainstream {

class ClockedNode : public EdgeNode {
 public:
  ClockedNode(NodeSetup setup, NodeOptions options, Clock& clock)
      : EdgeNode(std::move(setup), std::move(options), clock) {}
};

namespace {

using std::chrono::milliseconds;

// Events by app, as they end, and all records of them as they come; without near misses.
class Collector {
 public:
  struct Told {
    EventRecord event;
    std::string jpeg;
  };

  void add(const EventRecord& event, const std::string& jpeg) {
    if (event.change == EventChange::nearly) return;
    const MutexLock lock(mutex_);
    told_.push_back({event, jpeg});
    if (event.over()) events_[event.app].push_back(event);
  }
  [[nodiscard]] std::vector<Told> told() const {
    const MutexLock lock(mutex_);
    return told_;
  }
  [[nodiscard]] std::vector<EventRecord> of(const std::string& app) const {
    const MutexLock lock(mutex_);
    const auto found = events_.find(app);
    return found == events_.end() ? std::vector<EventRecord>() : found->second;
  }
  [[nodiscard]] std::vector<std::string> apps() const {
    const MutexLock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [app, events] : events_) names.push_back(app);
    return names;
  }

 private:
  mutable Mutex mutex_;
  std::vector<Told> told_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<EventRecord>> events_ GUARDED_BY(mutex_);
};

std::vector<FrameRange> frames_of(const std::vector<EventRecord>& events) {
  std::vector<FrameRange> frames;
  for (const EventRecord& event : events) frames.push_back(event.frames);
  return frames;
}

class NodeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("off");
    files_ = new TestMix;
    other_ = new TestMix(6);
    cache_ = new TestFolder;
    for (const TestMix* mix : {files_, other_}) keep_rough_costs(mix->base, cache_->path());
    const std::string command = "ffmpeg -nostdin -y -v error -stream_loop 1 -i " + files_->clip().string() +
                                " -t 4 -c copy " + clip().string();
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  // Four seconds.
  [[nodiscard]] static std::filesystem::path clip() { return files_->folder / "long.avi"; }
  static void TearDownTestSuite() {
    delete files_;
    delete other_;
    delete cache_;
    set_log_level("info");
  }

  [[nodiscard]] static NodeStream stream(const std::string& name) {
    return {.name = name, .source = clip().string()};
  }
  // The app of the package with this letter.
  [[nodiscard]] static NodeApp app(const std::string& id, const std::string& stream, char package,
                                   const Region& region = {}) {
    return {.id = id, .stream = stream, .package = package_file(package), .region = region};
  }
  [[nodiscard]] static std::filesystem::path package_file(char package) {
    return files_->folder / (std::string(1, package) + ".mpkg");
  }

  [[nodiscard]] static NodeSetup two_streams() {
    return {.bases = {files_->base_path()},
            .streams = {stream("gate"), stream("yard")},
            .apps = {app("gate-a", "gate", 'a'), app("gate-b", "gate", 'b'), app("yard-a", "yard", 'a')},
            .budget = {}};
  }

  // Workers of one thread: tests run beside others.
  [[nodiscard]] EdgeNode node(const NodeSetup& setup, Collector* events = nullptr) const {
    NodeOptions options;
    options.workers = 2;
    options.threads = 1;
    options.cache = cache_->path();
    if (events != nullptr) {
      options.sinks = {
          [events](const EventRecord& event, const std::string& jpeg) { events->add(event, jpeg); }};
    }
    return EdgeNode(setup, options);
  }

  // Whether it happens within a time that a busy machine needs.
  template <typename Condition>
  [[nodiscard]] static bool comes(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] static NodeState::App app_state(const EdgeNode& node, const std::string& id) {
    const NodeState state = node.state();
    for (const NodeState::App& app : state.apps)
      if (app.id == id) return app;
    throw Error(ErrorKind::usage, "no app " + id);
  }
  [[nodiscard]] static bool all_ended(const EdgeNode& node) {
    const NodeState state = node.state();
    return std::ranges::all_of(state.streams, [](const auto& s) { return s.reason == "has ended"; }) &&
           std::ranges::none_of(state.apps, [](const auto& a) { return a.planned; });
  }

  // Plays the clip on both streams and disturbs at this frame of the stream "gate".
  struct Played {
    std::map<std::string, std::vector<EventRecord>> events;
    NodeState before_end;
  };
  Played play(const NodeSetup& setup, const std::function<void(EdgeNode&)>& disturb = {}) const {
    Collector collector;
    EdgeNode node = this->node(setup, &collector);
    node.start();
    EXPECT_TRUE(comes([&] { return node.state().streams[0].frames >= 20; }));
    if (disturb) disturb(node);
    Played played;
    EXPECT_TRUE(comes([&] {
      const NodeState state = node.state();
      if (state.streams[0].up) played.before_end = state;
      return all_ended(node);
    }));
    node.stop();
    for (const std::string& app : collector.apps()) played.events[app] = collector.of(app);
    return played;
  }

  static TestMix *files_, *other_;
  static TestFolder* cache_;  // costs are measured once
  TestFolder out_;
};

TestMix *NodeTest::files_ = nullptr, *NodeTest::other_ = nullptr;
TestFolder* NodeTest::cache_ = nullptr;

TEST_F(NodeTest, PlaysManyStreamsAndTellsHowTheyAre) {
  Collector collector;
  EdgeNode node = this->node(two_streams(), &collector);
  NodeState state = node.state();
  EXPECT_EQ(state.streams[1].reason, "the node does not run");
  EXPECT_FALSE(state.apps[0].planned);
  EXPECT_EQ(state.apps[0].reason, "its stream gate is not up");
  EXPECT_EQ(node.outlook(two_streams()).apps.at(0).reason, "its stream gate is not up");
  node.start();
  ASSERT_TRUE(comes([&] {
    const NodeState now = node.state();
    return std::ranges::all_of(now.apps, [](const auto& app) { return app.frames > 3; });
  }));
  state = node.state();
  EXPECT_TRUE(state.streams[0].up) << state.streams[0].reason;
  EXPECT_EQ(state.streams[0].fps, kClipFps);
  EXPECT_EQ(state.streams[0].reconnects, 0);
  EXPECT_GT(state.streams[0].decode_ms, 0);
  EXPECT_EQ(state.workers, 2);
  EXPECT_TRUE(state.plan.feasible);
  EXPECT_GT(state.plan.cost, state.plan.decoding);
  EXPECT_GT(state.plan.decoding, 0);
  EXPECT_LE(state.plan.cost, state.plan.budget);
  for (const NodeState::App& app : state.apps) {
    EXPECT_TRUE(app.planned);
    EXPECT_TRUE(app.last_score);
    EXPECT_GT(app.setting.threshold, 0);
    EXPECT_GT(app.setting.fps, 0);
    EXPECT_EQ(app.package.size(), 64U);
  }
  ASSERT_TRUE(comes([&] { return all_ended(node); }));
  node.stop();
  state = node.state();
  for (const NodeState::App& app : state.apps) {
    EXPECT_GT(app.frames, 10) << "counts stay";
    EXPECT_EQ(app.events, std::ssize(collector.of(app.id))) << app.id;
  }
  EXPECT_EQ(state.events_dropped, 0);
  // Ids are unique and rise.
  std::vector<std::string> ids;
  for (const std::string& app : collector.apps())
    for (const EventRecord& event : collector.of(app)) ids.push_back(event.id);
  EXPECT_GT(ids.size(), 3U);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

// Frames of a file come at its pace, and the small networks of this test keep up: what apps see is exact
// unless the machine is blocked for longer than a frame.
TEST_F(NodeTest, AppsThatComeAndGoDisturbNoOther) {
  const auto lost_none = [](const Played& played) {
    return std::ranges::all_of(played.before_end.apps,
                               [](const auto& app) { return app.drops.total() == 0; }) &&
           std::ranges::all_of(played.before_end.streams,
                               [](const auto& stream) { return stream.drops.total() == 0; });
  };
  for (int attempt = 0; attempt < 5; ++attempt) {
    const Played calm = play(two_streams());
    const Played disturbed = play(two_streams(), [](EdgeNode& node) {
      node.add_app(app("gate-c", "gate", 'c'));
      node.add_app(app("yard-c", "yard", 'c', {0, 0, 0.5, 1}));
      node.remove_app("gate-b");
      node.replace_app(app("gate-c", "gate", 'b'));
    });
    if (!lost_none(calm) || !lost_none(disturbed)) continue;  // a busy machine
    for (const char* kept : {"gate-a", "yard-a"}) {
      ASSERT_TRUE(calm.events.contains(kept));
      ASSERT_TRUE(disturbed.events.contains(kept));
      EXPECT_EQ(frames_of(calm.events.at(kept)), frames_of(disturbed.events.at(kept))) << kept;
    }
    return;
  }
  GTEST_SKIP() << "the machine was too busy to play three seconds without a lost frame";
}

TEST_F(NodeTest, AReplacedPackageKeepsTheAppsCountsAndItsEvents) {
  Collector collector;
  EdgeNode node = this->node(two_streams(), &collector);
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").frames > 3; }));
  const std::string before = app_state(node, "gate-a").package;
  node.replace_app(app("gate-a", "gate", 'c'));
  const NodeState::App after = app_state(node, "gate-a");
  EXPECT_NE(after.package, before);
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").frames > after.frames + 2; }));
  EXPECT_GT(app_state(node, "gate-a").frames, 5);
  node.stop();
}

TEST_F(NodeTest, WhatIsWrongIsRefusedAsAWhole) {
  EdgeNode node = this->node(two_streams());
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").frames > 3; }));
  const int plan = node.state().plan.number;
  const NodeSetup before = node.setup();
  EXPECT_ERROR(usage, node.add_app(app("gate-a", "gate", 'c')), "app gate-a: expected one app of this id");
  EXPECT_ERROR(usage, node.add_app(app("new", "roof", 'c')), "app new: there is no stream roof");
  EXPECT_ERROR(usage, node.add_app(app("a/b", "gate", 'c')), "app \"a/b\": its name holds /");
  EXPECT_ERROR(usage, node.add_app(app("new", "gate", 'c', {0.5, 0, 0.6, 1})), "app new: expected a region");
  EXPECT_ERROR(usage, node.remove_app("nobody"), "there is no app nobody");
  EXPECT_ERROR(usage, node.replace_app(app("nobody", "gate", 'c')), "there is no app nobody");
  EXPECT_ERROR(usage, node.add_stream(stream("gate")), "stream gate: expected one stream");
  EXPECT_ERROR(usage, node.add_stream(stream("a#b")), "stream \"a#b\": its name holds #");
  EXPECT_ERROR(usage, node.remove_stream("gate"), "app gate-a: there is no stream gate");
  EXPECT_ERROR(usage, node.set_budget(-1), "the budget: expected a value above 0, got -1");
  EXPECT_ERROR(infeasible, node.set_budget(1e-3), "no schedule for 3 apps fits");
  NodeApp missing = app("new", "gate", 'c');
  missing.package = "/nowhere.mpkg";
  EXPECT_ERROR(unreadable, node.add_app(missing), "app new: /nowhere.mpkg");
  NodeApp other = app("new", "gate", 'c');
  other.package = other_->folder / "a.mpkg";
  EXPECT_ERROR(usage, node.add_app(other), "which the node does not have");
  NodeApp odd = app("new", "gate", 'c');
  odd.overrides.threshold = 2;
  EXPECT_ERROR(usage, node.add_app(odd), "app new: expected a threshold from 0 to 1, got 2");
  odd.overrides = {.votes = 0};
  EXPECT_ERROR(usage, node.add_app(odd), "app new: expected 1 to 1000 votes, got 0");
  odd.overrides = {.min_length = milliseconds(300), .max_length = milliseconds(200)};
  EXPECT_ERROR(usage, node.add_app(odd), "a max_length above 0 and not below min_length, 300 ms, got 200 ms");
  EXPECT_EQ(node.setup().apps, before.apps);
  EXPECT_EQ(node.setup().streams, before.streams);
  EXPECT_EQ(node.setup().budget, before.budget);
  EXPECT_EQ(node.state().plan.number, plan);
  NodeSetup wrong = two_streams();
  wrong.bases.clear();
  EXPECT_ERROR(usage, this->node(wrong), "app gate-a: ");
}

TEST_F(NodeTest, AFileThatIsGoneCountsAsUnchanged) {
  const std::filesystem::path package = out_ / "app.mpkg", base = out_ / "base.onnx";
  std::filesystem::copy_file(package_file('a'), package);
  std::filesystem::copy_file(files_->base_path(), base);
  NodeSetup setup{
      .bases = {base}, .streams = {stream("gate")}, .apps = {app("a", "gate", 'a')}, .budget = {}};
  setup.apps[0].package = package;
  NodeFiles files;
  files.open(setup);
  const std::string sha256 = files.package(setup.apps[0]).sha256();
  const auto time = std::filesystem::last_write_time(package);
  std::filesystem::remove(package);
  std::filesystem::remove(base);
  setup.apps.push_back(app("b", "gate", 'b'));
  EXPECT_NO_THROW(files.open(setup));
  EXPECT_EQ(files.package(setup.apps[0]).sha256(), sha256);
  EXPECT_ERROR(unreadable, NodeFiles().open(setup), base.string());

  std::filesystem::copy_file(package_file('c'), package);
  std::filesystem::last_write_time(package, time + std::chrono::seconds(1));
  files.open(setup);
  EXPECT_NE(files.package(setup.apps[0]).sha256(), sha256) << "it is back, and another one";
}

TEST_F(NodeTest, ABudgetIsOneForAllStreamsAndMayChange) {
  EdgeNode node = this->node(two_streams());
  node.start();
  ASSERT_TRUE(
      comes([&] { return app_state(node, "yard-a").frames > 3 && app_state(node, "gate-a").frames > 3; }));
  EXPECT_GT(node.state().plan.budget, 500);
  node.set_budget(500);
  const NodeState poor = node.state();
  EXPECT_EQ(poor.plan.budget, 500);
  EXPECT_LE(poor.plan.cost, poor.plan.budget + 1e-6);
  EXPECT_EQ(poor.plan.reason, "another budget");
  node.set_budget({});
  EXPECT_GT(node.state().plan.budget, 500);
}

TEST_F(NodeTest, AStreamThatFailsIsNobodyElsesTrouble) {
  NodeSetup setup = two_streams();
  setup.streams.push_back({.name = "roof", .source = "/nowhere.avi"});
  setup.apps.push_back(app("roof-a", "roof", 'a'));
  EdgeNode node = this->node(setup);
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "yard-a").frames > 3; }));
  const NodeState state = node.state();
  EXPECT_FALSE(state.streams[2].up);
  EXPECT_THAT(state.streams[2].reason, testing::HasSubstr("/nowhere.avi"));
  EXPECT_FALSE(app_state(node, "roof-a").planned);
  EXPECT_EQ(app_state(node, "roof-a").reason, "its stream roof is not up");
  EXPECT_TRUE(app_state(node, "gate-a").planned);
}

TEST_F(NodeTest, AStreamThatCouldNotBeOpenedComesUpLater) {
  NodeSetup setup = two_streams();
  const std::filesystem::path late = out_ / "late.avi";
  setup.streams[1].source = late.string();
  EdgeNode node = this->node(setup);
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").frames > 3; }));
  EXPECT_FALSE(node.state().streams[1].up);
  std::filesystem::copy_file(clip(), late);
  EXPECT_TRUE(comes([&] { return app_state(node, "yard-a").frames > 3; }));
}

TEST_F(NodeTest, StreamsComeAndGo) {
  Collector collector;
  EdgeNode node = this->node(two_streams(), &collector);
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").frames > 3; }));
  NodeSetup setup = node.setup();
  setup.streams.push_back(stream("roof"));
  setup.apps.push_back(app("roof-b", "roof", 'b'));
  setup.streams.erase(setup.streams.begin() + 1);
  std::erase_if(setup.apps, [](const NodeApp& a) { return a.stream == "yard"; });
  node.apply(setup);
  EXPECT_EQ(node.state().streams.size(), 2U);
  EXPECT_TRUE(comes([&] { return app_state(node, "roof-b").frames > 3; }));
  EXPECT_GT(app_state(node, "gate-a").frames, 3);
  node.stop();
  EXPECT_NO_THROW(node.stop());
}

TEST_F(NodeTest, RecordsTellHowAnEventGoesOn) {
  Collector collector;
  NodeOptions options;
  options.workers = options.threads = 1;
  options.cache = cache_->path();
  options.sinks = {[&](const EventRecord& event, const std::string& jpeg) { collector.add(event, jpeg); }};
  std::atomic<int> ids = 0;
  options.new_event_id = [&](const std::string& stream) { return fmt::format("{}_{:03}", stream, ++ids); };
  EdgeNode node(two_streams(), options);
  node.start();
  EXPECT_TRUE(comes([&] { return all_ended(node); }));
  node.stop();
  std::map<std::string, EventRecord> open;
  std::set<std::string> begun;
  for (const auto& [event, jpeg] : collector.told()) {
    ASSERT_TRUE(event.change);
    if (*event.change == EventChange::begun) {
      EXPECT_TRUE(begun.insert(event.id).second) << event.id;
      EXPECT_EQ(event.id.substr(0, 5), event.stream + "_");
      EXPECT_EQ(event.confirmed_frame, event.frames.last);
      EXPECT_TRUE(jpeg.starts_with("\xff\xd8")) << "a picture of its peak";
    } else {
      ASSERT_TRUE(open.contains(event.id)) << event.id;
      EXPECT_EQ(event.frames.first, open.at(event.id).frames.first);
      EXPECT_EQ(event.start_time, open.at(event.id).start_time);
      EXPECT_GE(event.frames.last, open.at(event.id).frames.last);
      EXPECT_GE(event.peak_score, open.at(event.id).peak_score);
    }
    open[event.id] = event;
    if (event.over()) open.erase(event.id);
  }
  EXPECT_GT(begun.size(), 3U);
  EXPECT_TRUE(open.empty()) << "all have ended";
}

// The threshold 0 makes each frame positive: one event, however long, whatever is changed meanwhile.
TEST_F(NodeTest, OverridesReplaceTheRuleAndTearNoOpenEvent) {
  NodeSetup setup = two_streams();
  setup.apps.resize(1);
  setup.apps[0].overrides = {.threshold = 0.0, .votes = 2, .min_length = milliseconds(500)};
  Collector collector;
  EdgeNode node = this->node(setup, &collector);
  node.start();
  ASSERT_TRUE(comes([&] { return app_state(node, "gate-a").event_open; }));
  EXPECT_EQ(app_state(node, "gate-a").setting.votes, 2);
  EXPECT_EQ(app_state(node, "gate-a").setting.threshold, 0);
  NodeApp changed = setup.apps[0];
  changed.overrides.votes = 3;
  changed.overrides.merge_gap = milliseconds(1000);
  changed.overrides.min_length = std::chrono::hours(1);
  node.replace_app(changed);
  EXPECT_TRUE(app_state(node, "gate-a").event_open);
  EXPECT_EQ(app_state(node, "gate-a").setting.votes, 3);
  ASSERT_TRUE(comes([&] { return all_ended(node); }));
  node.stop();
  const std::vector<EventRecord> events = collector.of("gate-a");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].votes, 3);
  EXPECT_GE(events[0].confirmed_frame.value() - events[0].frames.first + 1, 10) << "half a second";
  EXPECT_GT(events[0].frames.last, 60);
}

// As `taskset -ap` or a cpuset do from outside.
TEST_F(NodeTest, FollowsTheProcessorsThatItMayUse) {
  cpu_set_t all;
  CPU_ZERO(&all);
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one processor";
  const auto use = [](const cpu_set_t& mask) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      (void)sched_setaffinity(std::stoi(task.path().filename()), sizeof mask, &mask);
    }
  };
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  NodeOptions options;
  options.threads = 1;
  options.cache = cache_->path();
  EdgeNode node(two_streams(), options);
  node.start();
  EXPECT_TRUE(comes([&] { return app_state(node, "gate-a").frames > 1; }));
  EXPECT_EQ(node.state().workers, CPU_COUNT(&all));
  use(one);
  const bool follows = comes([&] { return node.state().workers == 1 && node.state().plan.budget <= 1000; });
  use(all);
  EXPECT_TRUE(follows) << node.state().plan.budget;
  EXPECT_TRUE(comes([&] { return node.state().workers == CPU_COUNT(&all); }));
}

// The same part of one stream is scaled and analysed once, another part apart from it.
TEST_F(NodeTest, AppsWithTheSameRegionShareAStem) {
  NodeSetup setup = two_streams();
  const Region left{0, 0, 0.5, 1};
  setup.apps = {app("whole", "gate", 'a'), app("left-a", "gate", 'a', left),
                app("left-b", "gate", 'b', left)};
  EdgeNode node = this->node(setup);
  node.start();
  ASSERT_TRUE(comes([&] {
    return app_state(node, "whole").frames > 3 && app_state(node, "left-a").frames > 3 &&
           app_state(node, "left-b").frames > 3;
  }));
  const std::optional<float> whole = app_state(node, "whole").last_score,
                             part = app_state(node, "left-a").last_score;
  ASSERT_TRUE(whole && part);
  EXPECT_NE(*whole, *part) << "they see other pictures";
}

// The machine's clock, which a test may set forward.
class ShiftedClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Clock::system().now() + shift_.load(); }
  void sleep_until(Time time) override { Clock::system().sleep_until(time - shift_.load()); }
  void advance(Duration by) { shift_ = shift_.load() + by; }

 private:
  std::atomic<Duration> shift_{Duration{0}};
};

// Two real servers: a camera with 25 large pictures per second, and its substream with 12 small ones.
TEST_F(NodeTest, ASubstreamIsPlayedWhileItIsThereAndSuffices) {
  const RtspServer camera({"--size", "320x240", "--fps", "25"});
  RtspServer substream({"--size", "80x64", "--fps", "12"});
  NodeStream gate{.name = "gate", .source = camera.url(), .substream = substream.url()};
  gate.input.timeout = std::chrono::seconds(10);
  const NodeApp slow = app("gate-a", "gate", 'a');
  NodeApp fast = slow;
  fast.min_fps = 20;
  const NodeSetup setup{.bases = {files_->base_path()}, .streams = {gate}, .apps = {fast}, .budget = {}};
  NodeOptions options;
  options.workers = options.threads = 1;
  options.cache = cache_->path();
  ShiftedClock clock;
  ClockedNode node(setup, options, clock);
  node.start();
  const auto plays_on = [&](bool on_substream) {
    const NodeState::Stream stream = node.state().streams[0];
    return stream.up && stream.on_substream == on_substream;
  };
  const auto goes_on = [&] {
    const std::int64_t frames = app_state(node, "gate-a").frames;
    return comes([&] { return app_state(node, "gate-a").frames > frames + 3; });
  };
  ASSERT_TRUE(comes([&] { return node.state().plan.decoding > 0 && app_state(node, "gate-a").frames > 3; }));
  EXPECT_TRUE(plays_on(false));
  const NodeState::Plan whole = node.state().plan;

  node.replace_app(slow);
  ASSERT_LE(app_state(node, "gate-a").setting.fps, 12);
  ASSERT_TRUE(comes([&] {
    clock.advance(std::chrono::seconds(1));  // it changes once a minute at most
    return plays_on(true);
  }));
  EXPECT_TRUE(goes_on());
  node.set_budget(whole.budget / 2);
  EXPECT_LT(node.state().plan.decoding, whole.decoding / 2) << "what is planned is what is done";

  substream.kill();
  ASSERT_TRUE(comes([&] { return plays_on(false); })) << "the main stream takes over";
  EXPECT_TRUE(goes_on());
  substream.start();
  clock.advance(std::chrono::minutes(11));
  ASSERT_TRUE(comes([&] { return plays_on(true); })) << "it is tried again";
  EXPECT_TRUE(goes_on());

  node.replace_app(fast);
  clock.advance(std::chrono::minutes(2));
  EXPECT_TRUE(comes([&] { return plays_on(false); })) << "more is wanted";
  node.stop();
}

TEST_F(NodeTest, ASinkThatStallsSlowsNobody) {
  std::atomic<bool> go = false;
  NodeOptions options;
  options.workers = options.threads = 1;
  options.cache = cache_->path();
  std::atomic<int> taken = 0;
  options.sinks = {[&](const EventRecord&, const std::string&) {
    ++taken;
    while (!go) std::this_thread::sleep_for(milliseconds(1));
  }};
  NodeSetup setup = two_streams();
  for (NodeStream& stream : setup.streams) {
    stream.input.loop = true;
    stream.input.fps = 5 * kClipFps;  // plays fast, so that events come soon
  }
  EdgeNode node(setup, options);
  node.start();
  // Each app ends one event after the other, though nobody takes them.
  EXPECT_TRUE(comes([&] {
    const NodeState state = node.state();
    return std::ranges::all_of(state.apps, [](const auto& app) { return app.events > 3; });
  }));
  EXPECT_EQ(taken, 1) << "it stalls with the first";
  go = true;
  node.stop();
}

}  // namespace
}  // namespace mainstream
