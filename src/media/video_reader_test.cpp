#include <random>
#include <thread>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "mainstream/media.hpp"
#include "media/live_testing.hpp"
#include "media/pixels.hpp"
#include "media/test_clip.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

std::vector<VideoFrame> read_all(const std::string& path) {
  VideoReader reader(path);
  std::vector<VideoFrame> frames;
  while (auto frame = reader.next()) frames.push_back(*frame);
  return frames;
}

// The first frames of make_grey_clip, in order.
void expect_grey_clip(const std::vector<VideoFrame>& frames, std::size_t count) {
  ASSERT_EQ(frames.size(), count);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(frames[i].index, static_cast<std::int64_t>(i));
    EXPECT_NEAR(std::chrono::duration<double>(frames[i].time).count(), 0.1 * static_cast<double>(i), 0.0011);
    EXPECT_NEAR(to_rgb(frames[i].picture)[1000], 16 + 5 * static_cast<int>(i), 3) << i;
  }
}

TEST(VideoReaderTest, ReadsEveryFrameInOrderOfDisplay) {
  const TestFolder folder;
  const std::pair<std::string, std::string> clips[] = {
      {"a.avi", "-c:v mjpeg -q:v 2"},
      {"b.mp4", "-c:v mpeg4 -q:v 2 -bf 2"},  // with -bf frames are stored in another order than shown
      {"c.mkv", "-c:v libx264 -qp 4 -bf 3"},
      {"d.ts", "-c:v libx264 -qp 4 -bf 3"},
      {"12:30 e.avi", "-c:v mpeg4 -q:v 2"}};  // not the protocol "12"
  for (const auto& [name, codec] : clips) {
    SCOPED_TRACE(name);
    make_grey_clip(folder / name, 40, codec);
    expect_grey_clip(read_all(folder / name), 40);
  }
}

TEST(VideoReaderTest, TellsWhatTheFileStates) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 12, "-c:v mpeg4");
  const VideoReader reader(folder / "a.avi");
  EXPECT_EQ(reader.info().width, 96);
  EXPECT_EQ(reader.info().height, 64);
  EXPECT_DOUBLE_EQ(reader.info().fps, 10);
  EXPECT_EQ(reader.info().frames, 12);
  EXPECT_EQ(reader.undecodable(), 0);
}

TEST(VideoReaderTest, AGivenRateTimesTheFramesByTheirNumbers) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 5, "-c:v mpeg4");
  SourceOptions options;
  options.fps = 4;
  for (const std::string& source : {(folder / "a.avi").string(), std::string("test:64x48@10")}) {
    VideoReader reader(source, options);
    EXPECT_EQ(reader.info().fps, 4) << source;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(reader.next()->time, i * 250ms) << source;
  }
}

TEST(VideoReaderTest, EndIsAnAnswerThatStays) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 1, "-c:v mpeg4");
  VideoReader reader(folder / "a.avi");
  EXPECT_TRUE(reader.next().has_value());
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_FALSE(reader.next().has_value());
}

TEST(VideoReaderTest, TruncatedFileGivesItsWholeFrames) {
  const TestFolder folder;
  for (const std::string name : {"a.avi", "a.mkv", "a.ts"}) {
    SCOPED_TRACE(name);
    make_grey_clip(folder / name, 40, name == "a.ts" ? "-c:v mpeg4 -q:v 2 -g 1" : "-c:v mjpeg -q:v 2");
    const std::string whole = read_file(folder / name);
    write_file(folder / name, std::string_view(whole).substr(0, whole.size() / 2));
    const auto frames = read_all(folder / name);
    EXPECT_GT(frames.size(), 5U);
    EXPECT_LT(frames.size(), 35U);
    expect_grey_clip({frames.begin(), frames.end() - 1}, frames.size() - 1);
  }
}

TEST(VideoReaderTest, RefusesTruncatedHeaders) {
  const TestFolder folder;
  make_grey_clip(folder / "a.mp4", 10, "-c:v mpeg4");  // its index stands at the end
  const std::string whole = read_file(folder / "a.mp4");
  write_file(folder / "a.mp4", std::string_view(whole).substr(0, whole.size() / 2));
  EXPECT_ERROR(untrusted, VideoReader(folder / "a.mp4"), "a.mp4: cannot be opened as a video");
}

TEST(VideoReaderTest, RefusesVideosWithoutAFrame) {
  const TestFolder folder;
  run_ffmpeg("-f lavfi -i color=s=96x64:r=10 -frames:v 0 -c:v mpeg4 " + (folder / "a.avi").string());
  ASSERT_GT(read_file(folder / "a.avi").size(), 1000U);  // a whole header
  EXPECT_ERROR(untrusted, read_all(folder / "a.avi"), "a.avi: not a single frame could be decoded");
}

TEST(VideoReaderTest, RefusesWhatIsNoVideo) {
  const TestFolder folder;
  write_file(folder / "empty.avi", "");
  write_file(folder / "zeros.avi", std::string(100000, '\0'));
  write_file(folder / "labels.csv", "frame,app\n0,1\n1,0\n");
  write_file(folder / "notes.txt", "Not a video at all, only a few words in a file.\n");
  run_ffmpeg("-f lavfi -i sine=d=1 " + (folder / "sound.wav").string());
  for (const std::string name : {"empty.avi", "zeros.avi", "labels.csv", "notes.txt"}) {
    EXPECT_ERROR(untrusted, VideoReader(folder / name), name + ": ");
  }
  EXPECT_ERROR(untrusted, VideoReader(folder / "sound.wav"),
               "sound.wav: its format is wav, expected a video such as");
  EXPECT_ERROR(unreadable, VideoReader(folder / "none.avi"),
               "none.avi: cannot be opened as a video: No such");
  EXPECT_ERROR(unreadable, VideoReader(folder.path()), "cannot be opened as a video");
}

TEST(VideoReaderTest, SkipsAndCountsWhatCannotBeDecoded) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 20, "-c:v png -pix_fmt rgb24");
  std::string bytes = read_file(folder / "a.avi");
  std::size_t at = 0;
  for (int i = 0; i < 5; ++i) at = bytes.find("IDAT", at + 1);
  bytes.replace(at, 12, 12, '\xEE');
  write_file(folder / "a.avi", bytes);
  VideoReader reader(folder / "a.avi");
  std::int64_t frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(reader.undecodable(), 1);
  EXPECT_EQ(frames, 19);
}

TEST(VideoReaderTest, SurvivesDamage) {
  const TestFolder folder;
  std::mt19937 random(3);
  const auto frame_size = [](const VideoFrame& frame) { return to_rgb(frame.picture).size(); };
  for (const std::string name : {"a.avi", "a.mkv", "a.mp4"}) {
    make_grey_clip(folder / name, 10, name == "a.avi" ? "-c:v mjpeg" : "-c:v libx264");
    const std::string whole = read_file(folder / name);
    for (int i = 0; i < 30; ++i) {
      std::string bytes = whole;
      for (int hits = 0; hits < 8; ++hits) bytes[random() % bytes.size()] = static_cast<char>(random());
      write_file(folder / name, bytes);
      try {
        for (const VideoFrame& frame : read_all(folder / name)) EXPECT_GT(frame_size(frame), 0U);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(name));
      }
    }
  }
}

// Sends the given bytes to each client, then stays silent.
TestServer::Handler sends(const std::string& bytes) {
  return [bytes](const TestServer::Client& client) {
    client.send(bytes);
    client.stay_silent();
  };
}

// Requests the stop after a short delay.
std::jthread stop_soon(std::stop_source& stop) {
  return std::jthread([&stop] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
}

TEST(VideoReaderTest, StopEndsTheWaitForACameraThatDoesNotAnswer) {
  for (const std::string scheme : {"rtsp", "http"}) {
    const TestServer server(sends(""));
    std::stop_source stop;
    const auto start = std::chrono::steady_clock::now();
    const auto stopper = stop_soon(stop);
    EXPECT_ERROR(failed, VideoReader(scheme + "://me:secret@" + server.address() + "/x", stop.get_token()),
                 scheme + "://me:***@" + server.address() + "/x: stopped while opening");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  }
}

TEST(VideoReaderTest, StopEndsTheWaitForTheNextFrame) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 100, "-c:v mpeg4 -q:v 2 -g 1");
  const TestServer server(sends(read_file(folder / "a.ts")));
  std::stop_source stop;
  VideoReader reader("tcp://" + server.address(), stop.get_token());
  EXPECT_TRUE(reader.next().has_value());
  const auto start = std::chrono::steady_clock::now();
  const auto stopper = stop_soon(stop);
  int frames = 1;
  while (reader.next()) ++frames;
  EXPECT_GT(frames, 50);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(VideoReaderTest, CameraThatCannotBeReachedIsNamedWithoutItsPassword) {
  const std::string url = "rtsp://admin:secret@127.0.0.1:1/live";
  EXPECT_ERROR(unreadable, (void)VideoReader(url), "rtsp://admin:***@127.0.0.1:1/live: cannot be opened");
}

TEST(VideoReaderTest, FramesOutliveTheReader) {
  const TestFolder folder;
  make_grey_clip(folder / "a.mkv", 30, "-c:v libx264 -qp 4");
  expect_grey_clip(read_all(folder / "a.mkv"), 30);  // all frames held at once, the reader gone
}

}  // namespace
}  // namespace mainstream
