#include "media/source_address.hpp"

#include <sys/stat.h>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using Kind = SourceAddress::Kind;

TEST(SourceAddressTest, KnowsEachKindByItsForm) {
  const TestFolder folder;
  write_file(folder / "12:30 x.avi", "");
  ::mkfifo((folder / "fifo").c_str(), 0600);
  const std::vector<std::pair<std::string, Kind>> sources = {
      {folder / "12:30 x.avi", Kind::file},
      {"file:" + (folder / "12:30 x.avi").string(), Kind::file},
      {folder / "none.avi", Kind::file},
      {folder.path(), Kind::pictures},
      {folder / "fifo", Kind::pipe},
      {"-", Kind::pipe},
      {"/dev/null", Kind::device},
      {"/dev/video99", Kind::device},
      {"v4l2:/dev/video0", Kind::device},
      {"test:", Kind::test},
      {"rtsp://cam/live", Kind::rtsp},
      {"RTSPS://cam/live", Kind::rtsp},
      {"http://cam/v", Kind::http},
      {"https://cam/v.m3u8", Kind::http},
      {"udp://127.0.0.1:5601", Kind::mpegts},
      {"tcp://127.0.0.1:5601", Kind::mpegts}};
  for (const auto& [source, kind] : sources) EXPECT_EQ(parse_source(source).kind, kind) << source;
}

TEST(SourceAddressTest, RefusesWhatHasNotTheFormOfASource) {
  EXPECT_ERROR(usage, parse_source(""), "the source: expected a file");
  EXPECT_ERROR(usage, parse_source("ftp://cam/x"), "ftp://cam/x: expected a file, a folder");
  EXPECT_ERROR(usage, parse_source("concat:/etc/passwd|x://"), "expected a file");
  EXPECT_ERROR(usage, parse_source("rtsp:/user:secret@cam"), "rtsp:/user:***@cam: expected rtsp://HOST...");
  EXPECT_ERROR(usage, parse_source("rtsp:///live"), "expected rtsp://HOST...");
  EXPECT_ERROR(usage, parse_source("http://cam/\r\nX: y"), "without control characters");
  for (const std::string wrong : {"test:x", "test:0x5", "test:5", "test:5x", "test:640x480@",
                                  "test:640x480@0", "test:640x480@99999", "test:99999x1", "test:1.5x2"}) {
    EXPECT_ERROR(usage, parse_source(wrong), wrong + ": expected test:WIDTHxHEIGHT@FPS");
  }
}

TEST(SourceAddressTest, ReadsTheSizeAndRateOfATestPicture) {
  const TestPictureSpec given = parse_test_picture("test:320x240@14.5");
  EXPECT_EQ(given.width, 320);
  EXPECT_EQ(given.height, 240);
  EXPECT_EQ(given.fps, 14.5);
  EXPECT_EQ(parse_test_picture("test:").width, 640);
  EXPECT_EQ(parse_test_picture("test:@5").fps, 5);
}

TEST(SourceAddressTest, OnlyFilesMayOpenFiles) {
  for (const std::string source :
       {"rtsp://cam/x", "http://cam/x", "https://cam/x", "udp://cam:1", "tcp://cam:1"}) {
    EXPECT_EQ(("," + parse_source(source).protocols + ",").find(",file,"), std::string::npos) << source;
  }
  EXPECT_EQ(parse_source("x.avi").protocols, "file");
  for (const char* format : {"hls", "concat", "dash", "sdp", "image2", "vapoursynth", "tty"}) {
    EXPECT_EQ(("," + parse_source("x.avi").formats + ",").find("," + std::string(format) + ","),
              std::string::npos);
  }
}

TEST(SourceAddressTest, NamesStreamsByTheirSources) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"udp://127.0.0.1:5601", "127.0.0.1-5601"},
      {"udp://@239.0.0.1:5601?fifo_size=1", "239.0.0.1-5601"},
      {"rtsp://user:secret@cam:554/Streaming/Channels/101", "101"},
      {"rtsp://user:secret@cam/", "cam"},
      {"rtsp://user:se/cret@cam/live.sdp?x=a/b", "live"},
      {"http://cam/video.mjpg?user=a/b&pw=c", "video"},
      {"/clips/gate 3.avi", "gate-3"},
      {"file:///clips/gate.avi", "gate"},
      {"/clips/pictures/", "pictures"},
      {"/dev/video0", "video0"},
      {"test:640x480@14", "test"},
      {"-", "stdin"},
      {"/clips/a+b#c\x1b\xc2\x9b.avi", "a-b"},
      {"h#ttp://x?a", "x"},
      {"/", "stream"},
      {"/clips/.hidden.avi", "hidden"},
      {"...", "stream"}};
  for (const auto& [source, name] : names) EXPECT_EQ(default_stream_name(source), name) << source;
}

}  // namespace
}  // namespace mainstream
