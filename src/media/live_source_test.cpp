// Live streams, pipes, limits and allowed formats, with real senders.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "media/live_testing.hpp"
#include "media/pixels.hpp"
#include "media/test_clip.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;
using Transport = SourceOptions::Transport;

SourceOptions patience(std::chrono::milliseconds timeout) {
  SourceOptions options;
  options.timeout = timeout;
  return options;
}

TEST(LiveSourceTest, RtspOverTcpAndUdpTellsTheCamerasClock) {
  const RtspServer server;
  for (const Transport transport : {Transport::tcp, Transport::udp}) {
    SourceOptions options = patience(20s);
    options.transport = transport;
    options.fps = transport == Transport::udp ? 10 : 0;  // known, or found out
    VideoReader reader(server.url(), options);
    EXPECT_TRUE(reader.info().live);
    EXPECT_EQ(reader.info().width, 160);
    std::optional<VideoFrame> last = reader.next();
    // The server's first report comes within two or three seconds.
    for (int i = 1; i < 60 && last && !(i > 8 && last->taken); ++i) {
      auto frame = reader.next();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->index, i);
      EXPECT_NEAR(seconds(frame->time - last->time), 0.1, 0.05) << i;
      last = std::move(frame);
    }
    ASSERT_TRUE(last->taken);
    EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - *last->taken), 10s);
  }
}

TEST(LiveSourceTest, RtspServerThatEndsOrIsKilledIsAnError) {
  RtspServer server;
  for (const bool killed : {false, true}) {
    if (killed) server.start();
    VideoReader reader(server.url(), patience(20s));
    ASSERT_TRUE(reader.next());
    killed ? server.kill() : server.stop();
    const auto start = std::chrono::steady_clock::now();
    try {
      while (reader.next()) continue;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unreadable) << error.what();
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 15s);
  }
}

TEST(LiveSourceTest, SaysThatNothingCameWithinTheTimeout) {
  const TestServer mute([](const TestServer::Client& client) { client.stay_silent(); });
  const RtspServer silent({"--silent"});
  const std::string sources[] = {"rtsp://" + mute.address() + "/x", "http://" + mute.address() + "/x",
                                 "tcp://" + mute.address(),
                                 "udp://127.0.0.1:" + std::to_string(free_port(SOCK_DGRAM)), silent.url()};
  for (const std::string& source : sources) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_ERROR(unreadable, VideoReader(source, patience(700ms)), "no picture came within 0.7 s");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s) << source;
  }
}

TEST(LiveSourceTest, StreamThatSendsNoMorePicturesIsLost) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 20, "-c:v mpeg4 -q:v 2 -g 1");
  const std::string clip = read_file(folder / "a.ts");
  // After the clip: silence, or packets for ever that are no pictures.
  for (const bool garbage : {false, true}) {
    const TestServer server([&](const TestServer::Client& client) {
      client.send(clip);
      const std::string rubbish = "\x47\x1F\xFF\x10" + std::string(184, '\xAA');
      while (garbage && client.sleep(5ms) && client.send(rubbish)) continue;
      client.stay_silent();
    });
    VideoReader reader("tcp://" + server.address(), patience(1s));
    const auto read_all = [&] {
      while (reader.next()) continue;
    };
    EXPECT_ERROR(unreadable, read_all(), "no picture came within 1 s");
  }
}

TEST(LiveSourceTest, GarbageIsRefused) {
  const TestServer server([](const TestServer::Client& client) {
    client.read_request();
    client.send("HTTP/1.1 200 OK\r\n\r\n");
    while (client.send(std::string(4096, '\xA5'))) continue;
  });
  EXPECT_ERROR(untrusted, VideoReader("http://" + server.address() + "/x", patience(5s)), "/x: ");
}

// A part of a multipart MJPEG stream.
std::string mjpeg_part(int width, int height, std::uint8_t value) {
  const std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3) * width * height, value);
  const std::vector<std::uint8_t> jpeg = encode_jpeg(picture_from_rgb(width, height, rgb));
  return "--x\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) + "\r\n\r\n" +
         std::string(jpeg.begin(), jpeg.end()) + "\r\n";
}

const std::string kMjpegHead =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=x\r\n\r\n";

TEST(LiveSourceTest, MjpegOverHttpIsTimedByArrivalAndMayChangeItsSize) {
  const std::pair<int, int> sizes[] = {{64, 48}, {1, 1}, {320, 240}, {63, 47}};
  const TestServer server([&](const TestServer::Client& client) {
    client.read_request();
    client.send(kMjpegHead);
    for (int i = 0; client.sleep(200ms); ++i) {
      const auto [width, height] = sizes[i / 3 % 4];
      if (!client.send(mjpeg_part(width, height, static_cast<std::uint8_t>(i)))) return;
    }
  });
  VideoReader reader("http://" + server.address() + "/video", patience(20s));
  EXPECT_TRUE(reader.info().live);
  EXPECT_EQ(reader.info().fps, 0) << "made up by FFmpeg";
  std::vector<VideoFrame> frames;
  while (frames.size() < 12) frames.push_back(*reader.next());
  EXPECT_GE(seconds(frames[11].time - frames[5].time), 1.0) << "six frames at 5 per second";
  std::set<std::pair<int, int>> seen;
  InputScaler scaler(InputSpec{.width = 32, .height = 32});
  std::vector<float> input(scaler.size());
  for (const VideoFrame& frame : frames) {
    seen.emplace(frame.picture.width(), frame.picture.height());
    scaler.scale(frame.picture, input);
  }
  EXPECT_EQ(seen.size(), 4U);
}

TEST(LiveSourceTest, MpegTsOverUdpGoesOnWhenItsSenderStartsAgain) {
  const TestFolder folder;
  const std::string url = "udp://127.0.0.1:" + std::to_string(free_port(SOCK_DGRAM));
  const std::vector<std::string> sender{"ffmpeg",
                                        "-nostdin",
                                        "-v",
                                        "error",
                                        "-re",
                                        "-f",
                                        "lavfi",
                                        "-i",
                                        "testsrc2=s=96x64:r=10",
                                        "-c:v",
                                        "mpeg2video",
                                        "-g",
                                        "5",
                                        "-f",
                                        "mpegts",
                                        url + "?pkt_size=1316"};
  auto process = std::make_unique<ChildProcess>(sender);
  VideoReader reader(url, patience(20s));
  MediaTime last{};
  for (int i = 0; i < 40; ++i) {
    if (i == 10) {
      process = nullptr;
      process = std::make_unique<ChildProcess>(sender);
    }
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_GE(frame->time, last);
    EXPECT_LT(frame->time - last, 10s);
    last = frame->time;
  }
}

// Serves the files of a folder over HTTP.
TestServer::Handler files_of(const TestFolder& folder) {
  return [&folder](const TestServer::Client& client) {
    const std::string request = client.read_request();
    const auto slash = request.find('/');
    const std::string name = request.substr(slash + 1, request.find(' ', slash) - slash - 1);
    if (!std::filesystem::exists(folder / name)) {
      client.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const std::string bytes = read_file(folder / name);
    client.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(bytes.size()) +
                "\r\n\r\n" + bytes);
  };
}

TEST(LiveSourceTest, HlsOverHttpPlaysItsSegmentsAndNoFile) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 10, "-c:v mpeg4 -q:v 2 -g 1");
  const TestServer server(files_of(folder));
  const auto playlist = [&](const std::string& segment) {
    return "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n" + segment + "\n#EXT-X-ENDLIST\n";
  };
  write_file(folder / "good.m3u8", playlist("a.ts"));
  VideoReader reader("http://" + server.address() + "/good.m3u8", patience(20s));
  EXPECT_FALSE(reader.info().live) << "it states its end";
  int frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(frames, 10);

  write_file(folder / "live.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\na.ts\n");
  VideoReader live("http://" + server.address() + "/live.m3u8", patience(20s));
  EXPECT_TRUE(live.info().live);
  EXPECT_TRUE(live.info().in_bursts);
  EXPECT_TRUE(live.next());

  const std::string path = (folder / "a.ts").string();
  for (const std::string& segment :
       {"file://" + path, "file:" + path, "crypto+file://" + path, "concat:" + path}) {
    write_file(folder / "bad.m3u8", playlist(segment));
    EXPECT_THROW(VideoReader("http://" + server.address() + "/bad.m3u8", patience(20s)), Error) << segment;
  }
}

// FFmpeg takes stamps that begin anew for ones that have wrapped around, hours later.
TEST(LiveSourceTest, HlsWhoseEncoderRestartsGoesOn) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 10, "-c:v mpeg4 -q:v 2 -g 1 -output_ts_offset 50000");
  make_grey_clip(folder / "b.ts", 10, "-c:v mpeg4 -q:v 2 -g 1");
  write_file(folder / "live.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\na.ts\n#EXTINF:1,\nb.ts\n");
  const TestServer server(files_of(folder));
  VideoReader reader("http://" + server.address() + "/live.m3u8", patience(20s));
  ASSERT_TRUE(reader.info().in_bursts);
  for (int i = 0; i < 15; ++i) {
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_LT(frame->time, 5s) << i;
  }
}

TEST(LiveSourceTest, NoRedirectOpensAFile) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 5, "-c:v mpeg4 -g 1");
  const TestServer server([&](const TestServer::Client& client) {
    client.read_request();
    client.send("HTTP/1.1 302 Found\r\nLocation: file://" + (folder / "a.ts").string() + "\r\n\r\n");
  });
  EXPECT_THROW(VideoReader("http://" + server.address() + "/x", patience(3s)), Error);
}

TEST(LiveSourceTest, AFileThatNamesOtherFilesIsRefused) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 10, "-c:v mpeg4 -q:v 2 -g 1");
  const std::string path = (folder / "a.ts").string();
  write_file(folder / "list.avi",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + path + "\n#EXT-X-ENDLIST\n");
  write_file(folder / "list.ffconcat", "ffconcat version 1.0\nfile '" + path + "'\n");
  write_file(folder / "list.sdp",
             "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n");
  EXPECT_ERROR(untrusted, VideoReader(folder / "list.avi"), "list.avi: its format is hls, expected a video");
  EXPECT_ERROR(untrusted, VideoReader(folder / "list.ffconcat"), "its format is concat, expected a video");
  EXPECT_ERROR(untrusted, VideoReader(folder / "list.sdp"), "its format is sdp, expected a video");
}

TEST(LiveSourceTest, RefusesMorePixelsThanAllowed) {
  const TestFolder folder;
  make_grey_clip(folder / "a.avi", 3, "-c:v mjpeg");  // 96 x 64
  SourceOptions options;
  options.max_pixels = 96 * 64 - 1;
  EXPECT_ERROR(untrusted, VideoReader(folder / "a.avi", options), "at most 6143 pixels, got 96 x 64 = 6144");
  options.max_pixels = 96 * 64;
  EXPECT_TRUE(VideoReader(folder / "a.avi", options).next());
  // 11 kB that would take 1 GB a frame.
  std::string gif("GIF89a\x80\x3E\x80\x3E\x80\0\0\0\0\0\xFF\xFF\xFF", 19);  // 16000 x 16000, a palette of two
  gif += std::string("\x2C\0\0\0\0\x80\x3E\x80\x3E\0\x02\x02\x44\x01\0\x3B", 16);
  write_file(folder / "bomb.gif", gif);
  EXPECT_ERROR(untrusted, VideoReader(folder / "bomb.gif"), "at most 33177600 pixels, got 16000 x 16000");
}

TEST(LiveSourceTest, PicturesOf8kAndOfOnePixelAreRead) {
  const TestFolder folder;
  for (const std::string size : {"7680:4320", "1:1", "2:1"}) {
    run_ffmpeg("-f lavfi -i color=red:s=8x8:d=0.08,format=rgb24,scale=" + size +
               " -c:v mjpeg -pix_fmt yuvj444p " + (folder / "a.avi").string());
    VideoReader reader(folder / "a.avi");
    EXPECT_TRUE(reader.next()) << size;
  }
}

TEST(LiveSourceTest, SkipsFramesThatNoOtherNeeds) {
  const TestFolder folder;
  make_grey_clip(folder / "a.mkv", 40,
                 "-c:v libx264 -qp 4 -bf 1 -x264-params b-adapt=0:keyint=100:b-pyramid=none");
  SourceOptions options;
  options.skip_nonref = true;
  VideoReader reader(folder / "a.mkv", options);
  std::vector<VideoFrame> frames;
  while (auto frame = reader.next()) frames.push_back(*frame);
  EXPECT_LE(frames.size(), 22U);
  EXPECT_GE(frames.size(), 20U);
  EXPECT_GT(seconds(frames.back().time), 3.7) << "times stay those of the stream";
}

TEST(LiveSourceTest, WithoutHardwareDecodesInSoftware) {
  const TestFolder folder;
  make_grey_clip(folder / "a.mkv", 10, "-c:v libx264 -qp 4");
  SourceOptions options;
  options.hardware = true;
  VideoReader reader(folder / "a.mkv", options);
  int frames = 0;
  for (auto frame = reader.next(); frame; frame = reader.next(), ++frames) {
    EXPECT_NEAR(to_rgb(frame->picture)[1000], 16 + 5 * frames, 3);
  }
  EXPECT_EQ(frames, 10);
}

TEST(LiveSourceTest, AFifoIsReadAsItIsWrittenAndWaitsOnlyForTheTimeout) {
  const TestFolder folder;
  make_grey_clip(folder / "a.ts", 10, "-c:v mpeg4 -q:v 2 -g 1");
  const std::string bytes = read_file(folder / "a.ts");
  ::mkfifo((folder / "fifo").c_str(), 0600);
  EXPECT_ERROR(unreadable, VideoReader(folder / "fifo", patience(300ms)), "no picture came within 0.3 s");
  const std::jthread writer([&] { std::ofstream(folder / "fifo", std::ios::binary) << bytes; });
  VideoReader reader(folder / "fifo", patience(20s));
  EXPECT_FALSE(reader.info().rereadable);
  int frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(frames, 10);
}

TEST(LiveSourceTest, StandardInputIsASource) {
  const TestFolder folder;
  make_grey_clip(folder / "a.mkv", 10, "-c:v mpeg4 -q:v 2");
  const int kept = ::dup(STDIN_FILENO);
  const int file = ::open((folder / "a.mkv").c_str(), O_RDONLY);
  ::dup2(file, STDIN_FILENO);
  int frames = 0;
  {
    VideoReader reader("-");
    while (reader.next()) ++frames;
  }
  ::dup2(kept, STDIN_FILENO);
  ::close(kept);
  ::close(file);
  EXPECT_EQ(frames, 10);
}

TEST(LiveSourceTest, AFolderOfPicturesIsAClip) {
  const TestFolder folder;
  for (const int value : {30, 10, 20}) {
    const std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3) * 16 * 16,
                                        static_cast<std::uint8_t>(value));
    const auto jpeg = encode_jpeg(picture_from_rgb(16, 16, rgb), 95);
    write_file(folder / (std::to_string(value) + ".jpg"), std::string(jpeg.begin(), jpeg.end()));
  }
  write_file(folder / "15.png", "no picture");
  write_file(folder / "notes.txt", "nor this");
  SourceOptions options;
  EXPECT_ERROR(usage, VideoReader(folder.path(), options), "give one (--stream-fps, or fps");
  options.fps = 4;
  VideoReader reader(folder.path(), options);
  EXPECT_EQ(reader.info().frames, 4);
  for (int i = 0; i < 3; ++i) {
    const auto frame = reader.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->time, i * 250ms);
    EXPECT_NEAR(to_rgb(frame->picture)[0], 10 * (i + 1), 2);
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.undecodable(), 1);
  options.max_pixels = 100;
  EXPECT_ERROR(untrusted, VideoReader(folder.path(), options), "none of 4 pictures can be read");
}

TEST(LiveSourceTest, TheTestPictureMovesAndIsAlwaysTheSame) {
  for (const std::string source : {"test:64x48@10", "test:1x1", "test:3x5@0.5"}) {
    VideoReader one(source), two(source);
    std::vector<std::uint8_t> before;
    for (int i = 0; i < 5; ++i) {
      const auto frame = one.next();
      const auto pixels = to_rgb(frame->picture);
      EXPECT_EQ(pixels, to_rgb(two.next()->picture));
      EXPECT_TRUE(source != "test:64x48@10" || pixels != before);
      before = pixels;
    }
  }
  VideoReader reader("test:64x48@10");
  EXPECT_EQ(reader.info().fps, 10);
  EXPECT_FALSE(reader.info().live);
  (void)reader.next();
  EXPECT_EQ(reader.next()->time, 100ms);
}

TEST(LiveSourceTest, ADeviceThatIsNotThereIsAnError) {
  EXPECT_ERROR(unreadable, VideoReader("/dev/video98"), "/dev/video98: cannot be opened as a video: No such");
}

TEST(LiveSourceTest, FingerprintsTellPicturesApart) {
  VideoReader reader("test:64x48@10"), again("test:64x48@10");
  const Picture first = reader.next()->picture;
  EXPECT_EQ(fingerprint(first), fingerprint(again.next()->picture));
  EXPECT_NE(fingerprint(first), fingerprint(reader.next()->picture));
}

}  // namespace
}  // namespace mainstream
