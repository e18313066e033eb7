// Cameras that are lost and come back: with sources that do what a test says and a clock that it moves, and
// with a real RTSP server.
#include "run/camera.hpp"

#include <atomic>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "media/live_testing.hpp"
#include "media/pixels.hpp"
#include "media/test_clip.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;
using Phase = CameraState::Phase;
using std::chrono::system_clock;

// What one connection gives: frames at 10 per second, then its end or an error.
struct Connection {
  int frames = 0;
  std::string failure = {};  // empty: the stream ends
  std::string refuses = {};  // the connection fails with this
  bool same_picture = false;
  MediaTime taken_ago = MediaTime(-1);  // the camera's clock says so; below 0: it says nothing
  int needed = 1;                       // each of so many frames is needed by others
  int size = 16;                        // of pictures; `grown` from its fifth frame on
  int grown = 16;
  MediaTime between = 100ms;
  bool by_arrival = false;  // frames have the time at which they come
  MediaTime decoding{};     // processor time of each frame, a part of the time that it takes
};

class FakeSource : public FrameSource {
 public:
  FakeSource(const VideoInfo& info, Connection connection, ManualClock& clock, int number, MediaTime takes)
      : info_(info), connection_(std::move(connection)), clock_(clock), number_(number), takes_(takes) {}
  [[nodiscard]] const VideoInfo& info() const override { return info_; }
  [[nodiscard]] std::int64_t undecodable() const override { return 1; }
  [[nodiscard]] std::optional<VideoFrame> next() override {
    if (index_ >= connection_.frames) {
      if (!connection_.failure.empty()) throw Error(ErrorKind::unreadable, connection_.failure);
      return std::nullopt;
    }
    const int step = leaves_out_ ? connection_.needed : 1;
    if (info_.live) clock_.advance(takes_ * step);
    if (connection_.decoding > 0s) decode();
    const auto value = static_cast<std::uint8_t>(connection_.same_picture ? 7 : index_ + 50 * number_);
    const int size = delivered_ < 5 ? connection_.size : connection_.grown;
    const std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3) * size * size, value);
    VideoFrame frame{delivered_++, index_ * connection_.between, picture_from_rgb(size, size, rgb)};
    if (connection_.by_arrival) frame.time = arrival();
    if (connection_.taken_ago >= 0s) frame.taken = system_clock::now() - connection_.taken_ago;
    index_ += step;
    return frame;
  }
  void leave_out_unneeded(bool leave_out) override { leaves_out_ = leave_out; }
  [[nodiscard]] bool timed_by_arrival() const override { return connection_.by_arrival; }
  [[nodiscard]] double needed_share() const override { return 1.0 / connection_.needed; }

 private:
  [[nodiscard]] MediaTime arrival() {
    if (!first_) first_ = clock_.now();
    return std::chrono::duration_cast<MediaTime>(clock_.now() - *first_);
  }
  void decode() const {
    const auto now = [] {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    };
    for (const auto end = now() + connection_.decoding; now() < end;) continue;
  }

  const VideoInfo info_;
  const Connection connection_;
  ManualClock& clock_;
  const int number_;
  const MediaTime takes_;
  bool leaves_out_ = false;
  int index_ = 0, delivered_ = 0;  // of the stream; of what came
  std::optional<Clock::Time> first_;
};

// A camera with these connections, one after the other; then it stops itself.
struct FakeCamera {
  explicit FakeCamera(std::vector<Connection> given, double fps = 10) : connections(std::move(given)) {
    info.width = info.height = 16;
    info.fps = fps;
    info.live = true;
  }

  [[nodiscard]] Camera::Options options() {
    Camera::Options options;
    options.source = "rtsp://me:secret@cam/live";
    options.jitter_seed = 1;
    options.open = [this](const std::string&, const SourceOptions&, const std::stop_token&) {
      opened.push_back(clock.now());
      const auto number = opened.size() - 1;
      if (number == connections.size()) throw Error(ErrorKind::usage, "the test is over");
      const Connection& connection = connections[number];
      clock.advance(open_takes);
      if (!connection.refuses.empty()) throw Error(ErrorKind::unreadable, connection.refuses);
      return std::make_unique<FakeSource>(info, connection, clock, static_cast<int>(number), frame_takes);
    };
    return options;
  }

  const std::vector<Connection> connections;
  MediaTime frame_takes = 100ms, open_takes{};
  VideoInfo info;
  ManualClock clock;
  std::vector<Clock::Time> opened;
};

// All frames that the camera decoded in order: its slot keeps the newest only, so it must be a fast reader's.
std::vector<CameraFrame> read_all(Camera& camera) {
  std::vector<CameraFrame> frames;
  camera.start();
  while (auto frame = camera.next()) frames.push_back(std::move(*frame));
  return frames;
}

TEST(CameraTest, OpensALostCameraAgainAfterWaitsThatGrow) {
  FakeCamera fake({{.frames = 3, .failure = "cam: broke off"},
                   {.refuses = "no route"},
                   {.refuses = "no route"},
                   {.refuses = "no route"},
                   {.frames = 2}});
  Camera camera(fake.options(), fake.clock);
  EXPECT_EQ(camera.state().phase, Phase::up);
  (void)read_all(camera);
  EXPECT_ERROR(usage, std::rethrow_exception(camera.failure()), "the test is over");
  ASSERT_EQ(fake.opened.size(), 6U);
  EXPECT_EQ(camera.counts().delivered, 5);
  EXPECT_EQ(camera.counts().undecodable, 2) << "one in each connection";
  EXPECT_EQ(camera.state().reconnects, 1);
  EXPECT_EQ(camera.state().phase, Phase::ended);
  const std::vector<Clock::Duration> whole{500ms, 1s, 2s, 4s};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Clock::Duration waited = fake.opened[i + 1] - fake.opened[i];
    if (i == 0) waited -= 300ms;  // of frames
    EXPECT_GE(waited, whole[i] / 2) << i;
    EXPECT_LE(waited, whole[i]) << i;
  }
  EXPECT_LE(fake.opened[5] - fake.opened[4], 8200ms) << "a short connection does not count as success";
  EXPECT_GE(fake.opened[5] - fake.opened[4], 4200ms);
}

TEST(CameraTest, TimesAndIndicesGoOnByTheClock) {
  FakeCamera fake({{.frames = 3}, {.refuses = "no route"}, {.frames = 3}});
  Camera camera(fake.options(), fake.clock);
  std::vector<CameraFrame> frames = read_all(camera);
  ASSERT_FALSE(frames.empty());
  const CameraFrame& last = frames.back();
  // On this clock the first frame came at 100 ms.
  const auto since_first = last.arrived.time_since_epoch() - 100ms;
  EXPECT_EQ(last.frame.time, std::chrono::duration_cast<MediaTime>(since_first));
  EXPECT_NEAR(static_cast<double>(last.frame.index), seconds(last.frame.time) * 10, 1);
  EXPECT_GT(last.frame.time, 1s) << "two waits";
}

TEST(CameraTest, AfterAStableConnectionTheFirstWaitIsShort) {
  FakeCamera fake({{.refuses = "x"}, {.refuses = "x"}, {.refuses = "x"}, {.frames = 150}, {.frames = 1}});
  Camera::Options options = fake.options();
  options.patient = true;
  Camera camera(std::move(options), fake.clock);
  EXPECT_EQ(camera.state().phase, Phase::connecting);
  EXPECT_EQ(camera.fps(), 0);
  (void)read_all(camera);
  EXPECT_EQ(camera.fps(), 10);
  ASSERT_EQ(fake.opened.size(), 6U);
  EXPECT_LE(fake.opened[4] - fake.opened[3], 15500ms) << "15 s of frames and the shortest wait";
}

TEST(CameraTest, TellsWhyItIsDownAndWhenItTriesAgain) {
  FakeCamera fake({{.frames = 1}, {.refuses = "cam: no route"}});
  CameraState seen;
  Camera* pointer = nullptr;
  Camera::Options options = fake.options();
  const auto open = options.open;
  options.open = [&](const std::string& source, const SourceOptions& input, const std::stop_token& stop) {
    if (fake.opened.size() == 2) seen = pointer->state();
    return open(source, input, stop);
  };
  Camera camera(std::move(options), fake.clock);
  pointer = &camera;
  (void)read_all(camera);
  EXPECT_EQ(seen.phase, Phase::down);
  EXPECT_EQ(seen.reason, "cam: no route");
  ASSERT_TRUE(seen.next_try);
  EXPECT_GT(*seen.next_try, seen.since);
  EXPECT_EQ(seen.last_frame, Clock::Time(100ms));
  EXPECT_EQ(seen.info->width, 16);
}

TEST(CameraTest, ACameraThatIsNotThereAtFirstIsAnErrorUnlessItIsPatient) {
  FakeCamera fake({{.refuses = "no route"}});
  EXPECT_ERROR(unreadable, Camera(fake.options(), fake.clock), "no route");
}

TEST(CameraTest, WithPaceAllALostCameraEndsTheStream) {
  FakeCamera fake({{.frames = 3, .failure = "broke off"}, {.frames = 3}});
  Camera::Options options = fake.options();
  options.pace = Pace::all;
  Camera camera(std::move(options), fake.clock);
  EXPECT_EQ(read_all(camera).size(), 3U);
  EXPECT_ERROR(unreadable, std::rethrow_exception(camera.failure()), "broke off");
}

TEST(CameraTest, TheSamePictureForLongOpensTheCameraAgainOnce) {
  FakeCamera fake({{.frames = 200, .same_picture = true}, {.frames = 200, .same_picture = true}});
  Camera::Options options = fake.options();
  options.input.same_picture = 10s;
  Camera camera(std::move(options), fake.clock);
  (void)read_all(camera);
  ASSERT_EQ(fake.opened.size(), 3U);
  EXPECT_NEAR(seconds(std::chrono::duration_cast<MediaTime>(fake.opened[1] - fake.opened[0])), 10.5, 0.5);
  EXPECT_GT(fake.opened[2] - fake.opened[1], 20s) << "it did not help, and is not done again";
  ASSERT_TRUE(camera.state().same_picture);
  EXPECT_EQ(*camera.state().same_picture, Clock::Time(200ms));
}

TEST(CameraTest, MeasuresARateThatIsNotStated) {
  FakeCamera fake({{.frames = 40}}, 0);
  Camera camera(fake.options(), fake.clock);
  EXPECT_NEAR(camera.fps(), 10, 1e-9);
  const std::vector<CameraFrame> frames = read_all(camera);
  EXPECT_EQ(camera.counts().delivered, 40 - 17);
}

TEST(CameraTest, FramesThatComeInBurstsAreHeldBack) {
  FakeCamera fake(std::vector<Connection>{{.frames = 30}});
  fake.info.in_bursts = true;
  fake.frame_takes = 0ms;
  Camera camera(fake.options(), fake.clock);
  camera.start();
  while (camera.next()) continue;
  EXPECT_EQ(camera.counts().delivered, 30);
  EXPECT_EQ(camera.state().last_frame, Clock::Time(2800ms)) << "decoded when the one before was due";
}

TEST(CameraTest, WhatWasBufferedBeforeTheStartIsPassedOver) {
  FakeCamera fake(std::vector<Connection>{{.frames = 100}});
  fake.frame_takes = 0ms;  // all come at once
  fake.open_takes = 3s;
  Camera camera(fake.options(), fake.clock);
  fake.clock.advance(2s);  // to prepare the apps
  const std::vector<CameraFrame> frames = read_all(camera);
  EXPECT_EQ(camera.counts().delivered, 50);
  EXPECT_EQ(frames.back().frame.index, 49);
}

TEST(CameraTest, ACameraThatIsFasterThanItsRateIsDelivered) {
  FakeCamera fake(std::vector<Connection>{{.frames = 50}});
  Camera::Options options = fake.options();
  options.input.fps = 2;
  Camera camera(std::move(options), fake.clock);
  (void)read_all(camera);
  EXPECT_EQ(camera.counts().delivered, 49) << "a step between two frames tells that they are new";
}

// Frames that come every 10 ms and take most of that to decode.
TEST(CameraTest, TheTimeOfDecodingIsNoWaitForAFrame) {
  const Connection heavy{.frames = 30, .between = 10ms, .decoding = 6ms};
  FakeCamera buffered({heavy}, 100);
  buffered.frame_takes = heavy.decoding;
  buffered.open_takes = 80ms;
  Camera behind(buffered.options(), buffered.clock);
  (void)read_all(behind);
  EXPECT_EQ(behind.counts().delivered, 8) << "frame 21 comes 80 + 6 * 22 ms after opening began, and is old";

  // Much slower, so that a processor that is taken away for a while makes no difference.
  const Connection slow{.frames = 3, .between = 100ms, .decoding = 60ms};
  FakeCamera new_ones({slow});
  new_ones.frame_takes = slow.between;
  Camera present(new_ones.options(), new_ones.clock);
  (void)read_all(present);
  EXPECT_EQ(present.counts().delivered, 3);
}

// Their times tell when they were read, and not when they were taken.
TEST(CameraTest, BufferedFramesThatAreTimedByArrivalArePassedOver) {
  const Connection connection{.frames = 50, .by_arrival = true};
  FakeCamera buffered({connection});
  buffered.frame_takes = 1ms;
  buffered.open_takes = 3s;
  Camera behind(buffered.options(), buffered.clock);
  (void)read_all(behind);
  EXPECT_EQ(behind.counts().delivered, 0);

  FakeCamera new_ones({connection});
  Camera present(new_ones.options(), new_ones.clock);
  (void)read_all(present);
  EXPECT_EQ(present.counts().delivered, 50);
}

TEST(CameraTest, AConnectionThatBreaksAtOnceIsNotSpentOnMeasuringTheRate) {
  const std::string why = "cam: broke off";
  FakeCamera fake(
      {{.frames = 150, .failure = why}, {.frames = 8, .failure = why}, {.frames = 8, .failure = why}}, 0);
  Camera camera(fake.options(), fake.clock);
  const std::vector<CameraFrame> frames = read_all(camera);
  ASSERT_FALSE(frames.empty());
  EXPECT_GT(frames.back().frame.time, 15s) << "of the last connection";
}

TEST(CameraTest, FollowsTheRateOfEachConnectionUnlessOneIsGiven) {
  for (const double given : {0.0, 5.0}) {
    FakeCamera fake({{.frames = 3}, {.frames = 3}, {.frames = 3}});
    Camera::Options options = fake.options();
    options.input.fps = given;
    const auto open = options.open;
    options.open = [&](const std::string& source, const SourceOptions& input, const std::stop_token& stop) {
      const std::vector<double> stated{10, 10.4, 25, 25};
      fake.info.fps = stated.at(fake.opened.size());
      EXPECT_EQ(input.fps, given);
      return open(source, input, stop);
    };
    std::vector<double> rates;
    Camera* pointer = nullptr;
    options.connected = [&] { rates.push_back(pointer->fps()); };
    Camera camera(std::move(options), fake.clock);
    pointer = &camera;
    (void)read_all(camera);
    if (given > 0) {
      EXPECT_THAT(rates, testing::ElementsAre(given, given, given));
    } else {
      EXPECT_THAT(rates, testing::ElementsAre(10, 10, 25)) << "a small difference is none";
    }
  }
}

TEST(CameraTest, WallTimesAreTheCamerasOrThoseOfArrival) {
  for (const MediaTime ago : {MediaTime(-1), MediaTime(3s)}) {
    FakeCamera fake({{.frames = 1, .taken_ago = ago}});
    Camera camera(fake.options(), fake.clock);
    const auto frames = read_all(camera);
    ASSERT_EQ(frames.size(), 1U);
    const auto age = system_clock::now() - frames[0].wall_time;
    EXPECT_EQ(age > 2900ms, ago > 0s);
    EXPECT_EQ(camera.state().wall_clock, ago > 0s ? WallClock::camera : WallClock::arrival);
  }
}

TEST(CameraTest, AFileCanBeginAgainAtItsEnd) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 5, "-c:v mpeg4");
  Camera::Options options;
  options.source = folder / "a.avi";
  options.pace = Pace::all;
  options.input.loop = true;
  options.duration_s = 2;
  Camera camera(std::move(options), Clock::system());
  EXPECT_EQ(camera.expected_frames(), 20);
  const auto frames = read_all(camera);
  ASSERT_EQ(frames.size(), 20U);
  EXPECT_TRUE(camera.counts().duration_over);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_EQ(frames[i].frame.index, static_cast<std::int64_t>(i));
    EXPECT_NEAR(seconds(frames[i].frame.time), 0.1 * static_cast<double>(i), 1e-3);
    const auto wall = frames[i].wall_time - frames[0].wall_time;
    EXPECT_NEAR(std::chrono::duration<double>(wall).count(), seconds(frames[i].frame.time), 1e-3);
  }
}

TEST(CameraTest, StopsWhileItWaitsForALostCamera) {
  FakeCamera fake({});
  Camera::Options options = fake.options();
  options.patient = true;
  options.open = [](const std::string&, const SourceOptions&,
                    const std::stop_token&) -> std::unique_ptr<FrameSource> {
    throw Error(ErrorKind::unreadable, "no route");
  };
  Camera camera(std::move(options), Clock::system());
  camera.start();
  while (camera.state().phase != Phase::down) std::this_thread::sleep_for(5ms);
  camera.stop();
  EXPECT_FALSE(camera.next());
  while (camera.state().phase != Phase::ended) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(camera.failure());
}

TEST(CameraTest, ComesBackWithARealServerThatWasStoppedOrKilled) {
  RtspServer server;
  Camera::Options options;
  options.source = server.url();
  options.input.timeout = 10s;
  Camera camera(std::move(options), Clock::system());
  camera.start();
  std::int64_t last_index = -1;
  MediaTime last_time{-1};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) {
      const auto frame = camera.next();
      ASSERT_TRUE(frame);
      EXPECT_GT(frame->frame.index, last_index);
      EXPECT_GE(frame->frame.time, last_time);
      last_index = frame->frame.index;
      last_time = frame->frame.time;
    }
    EXPECT_GE(camera.state().reconnects, round);
    if (round == 2) break;
    round == 0 ? server.stop() : server.kill();
    while (camera.state().phase != Phase::down) (void)camera.counts(), std::this_thread::sleep_for(10ms);
    server.start();
    while (camera.state().phase != Phase::up) std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(camera.failure());
}

// Reads from a camera that never stops by itself, until a condition holds.
template <typename Condition>
std::vector<VideoFrame> read_until(Camera& camera, const Condition& condition) {
  std::vector<VideoFrame> frames;
  for (const auto end = within(kPatience); std::chrono::steady_clock::now() < end;) {
    auto frame = camera.next();
    if (!frame) break;
    frames.push_back(std::move(frame->frame));
    if (condition(frames)) return frames;
  }
  ADD_FAILURE() << "it did not come to that";
  return frames;
}

TEST(CameraTest, LeavesOutFramesThatNobodyNeeds) {
  FakeCamera fake({{.frames = 1 << 30, .needed = 3}});
  Camera camera(fake.options(), fake.clock);
  camera.need({.fps = 2});
  camera.start();
  std::vector<VideoFrame> frames =
      read_until(camera, [&](const auto& read) { return camera.state().leaves_out && read.size() > 20; });
  for (const VideoFrame& frame : frames)
    EXPECT_EQ(frame.time, frame.index * 100ms) << "its place in the stream";
  // 3.33 frames come in a second, which are not enough for 3.3 for long.
  camera.need({.fps = 3.3});
  frames = read_until(camera, [&](const auto&) { return !camera.state().leaves_out; });
  camera.need({.fps = 5});
  frames = read_until(camera, [&](const auto& read) { return read.size() > 50; });
  EXPECT_FALSE(camera.state().leaves_out);
  for (const VideoFrame& frame : frames) EXPECT_EQ(frame.time, frame.index * 100ms);
  // A plan may count on it up to the rate at which frames are left out again.
  const std::vector<DecodingWay> ways = camera.decoding();
  ASSERT_EQ(ways.size(), 2U);
  EXPECT_NEAR(ways[0].fps, 10 / 3.0 / 1.25, 0.1);
  EXPECT_EQ(ways[1].fps, std::numeric_limits<double>::infinity());
  camera.stop();
}

TEST(CameraTest, DecodesAllFramesUntilItIsToldWhatIsNeeded) {
  FakeCamera fake({{.frames = 1 << 30, .needed = 3}});
  Camera camera(fake.options(), fake.clock);
  EXPECT_THAT(camera.decoding(), testing::IsEmpty());
  camera.start();
  (void)read_until(camera, [&](const auto& read) { return read.size() > 100; });
  EXPECT_FALSE(camera.state().leaves_out);
  camera.stop();
}

// The same frames with the same numbers come from an H.264 clip with B frames, whatever is left out.
TEST(CameraTest, FramesOfAClipKeepTheirNumbersWhileOthersAreLeftOut) {
  const TestFolder folder;
  const std::string clip = (folder / "b.mp4").string();
  const std::string command =
      "ffmpeg -nostdin -y -v error -f lavfi -i testsrc2=s=160x96:r=20:d=15 -c:v libx264 "
      "-preset veryfast -threads 1 -bf 2 -x264-params b-adapt=0:b-pyramid=0 " +
      clip;
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<std::uint64_t> seen;
  VideoReader reader(clip);
  while (const auto frame = reader.next()) seen.push_back(fingerprint(frame->picture));
  ASSERT_EQ(seen.size(), 300U);
  ManualClock clock;
  Camera::Options options;
  options.source = clip;
  Camera camera(options, clock);
  camera.need({.fps = 4});
  camera.start();
  std::int64_t frames = 0, last = -1;
  while (const auto frame = camera.next()) {
    ++frames;
    EXPECT_GT(frame->frame.index, last);
    last = frame->frame.index;
    EXPECT_EQ(fingerprint(frame->frame.picture), seen.at(static_cast<std::size_t>(last))) << last;
    EXPECT_EQ(frame->frame.time, last * 50ms);
  }
  EXPECT_TRUE(camera.state().leaves_out);
  EXPECT_LT(camera.counts().delivered, 170) << "64 that showed how it is made, and a third of the rest";
  EXPECT_GE(last, 297);
}

TEST(CameraTest, TakesASubstreamThatSuffices) {
  const auto refused = [](const CameraNeed& need) { return need.fps > 5 || need.width > 16; };
  for (const CameraNeed& need : {CameraNeed{4, 16, 16}, CameraNeed{8, 16, 16}, CameraNeed{4, 32, 16}}) {
    FakeCamera fake({});
    Camera::Options options = fake.options();
    options.substream = "rtsp://cam/sub";
    std::atomic<int> subs = 0;
    options.open = [&](const std::string& source, const SourceOptions&,
                       const std::stop_token&) -> std::unique_ptr<FrameSource> {
      VideoInfo info = fake.info;
      const bool sub = source == "rtsp://cam/sub";
      subs += sub ? 1 : 0;
      info.fps = sub ? 5 : 10;
      info.width = info.height = sub ? 16 : 64;
      const Connection connection{
          .frames = 1 << 30, .size = info.width, .grown = info.width, .between = sub ? 200ms : 100ms};
      return std::make_unique<FakeSource>(info, connection, fake.clock, 0, connection.between);
    };
    Camera camera(options, fake.clock);
    camera.need(need);
    camera.start();
    std::vector<VideoFrame> frames = read_until(camera, [&](const auto& read) {
      return subs > 0 && read.size() > 2000 && camera.state().on_substream != refused(need);
    });
    EXPECT_EQ(camera.state().on_substream, !refused(need));
    EXPECT_EQ(camera.state().info->width, 64) << "the stream's own";
    for (std::size_t i = 1; i < frames.size(); ++i) {
      EXPECT_GT(frames[i].index, frames[i - 1].index);
      ASSERT_NEAR(seconds(frames[i].time), 0.1 * static_cast<double>(frames[i].index), 0.11);
    }
    if (!refused(need)) {
      EXPECT_EQ(frames.back().picture.width(), 16);
      ASSERT_EQ(camera.decoding().size(), 2U);
      EXPECT_EQ(camera.decoding()[0].fps, 5);
      camera.need({.fps = 9, .width = 16, .height = 16});
      frames = read_until(camera, [&](const auto&) { return !camera.state().on_substream; });
      frames = read_until(camera, [&](const auto& read) { return read.back().picture.width() == 64; });
    }
    camera.stop();
  }
}

// 15 frames per second beside 25: each takes 1.67 numbers.
TEST(CameraTest, FrameNumbersKeepTheStreamsRateOnASubstream) {
  FakeCamera fake({});
  Camera::Options options = fake.options();
  options.substream = "rtsp://cam/sub";
  options.open = [&](const std::string& source, const SourceOptions&,
                     const std::stop_token&) -> std::unique_ptr<FrameSource> {
    VideoInfo info = fake.info;
    info.fps = source == "rtsp://cam/sub" ? 15 : 25;
    const Connection connection{.frames = 1 << 30, .between = at_seconds(1 / info.fps)};
    return std::make_unique<FakeSource>(info, connection, fake.clock, 0, connection.between);
  };
  Camera camera(options, fake.clock);
  camera.need({4, 16, 16});
  camera.start();
  (void)read_until(camera, [&](const auto&) { return camera.state().on_substream; });
  const std::vector<VideoFrame> frames =
      read_until(camera, [](const auto& read) { return read.size() > 200; });
  camera.stop();
  const double passed = seconds(frames.back().time - frames.front().time);
  EXPECT_NEAR(static_cast<double>(frames.back().index - frames.front().index), 25 * passed, 1.01);
}

TEST(CameraTest, TellsOfANewSizeInMidStream) {
  FakeCamera fake({{.frames = 8, .grown = 32}});
  Camera::Options options = fake.options();
  std::atomic<int> told = 0;
  options.connected = [&] { ++told; };
  Camera camera(options, fake.clock);
  (void)read_all(camera);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(camera.state().info->width, 32);
}

}  // namespace
}  // namespace mainstream
