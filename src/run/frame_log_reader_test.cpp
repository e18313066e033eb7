#include "mainstream/runner.hpp"
#include "run/frame_log.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

constexpr const char* kHeader = "frame,seconds,app,score,positive\n";

TEST(FrameLogReaderTest, WhatIsWrittenIsReadBack) {
  const TestFolder folder;
  const Picture black = picture_from_rgb(1, 1, std::vector<std::uint8_t>(3));
  const VideoFrame early{7, MediaTime(700000), black}, late{8, MediaTime(800000), black};
  {
    FrameLog log(folder / "frames.csv");
    log.add(early, "sign", 0.25F, false);
    log.add(early, "a, \"b\"\nc", 0.75F, true);
    log.flush();
    log.add(late, "", 1, true);
    log.flush();
  }
  const auto answers = read_frame_log(folder / "frames.csv");
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].frame, 7);
  EXPECT_EQ(answers[0].app, "sign");
  EXPECT_EQ(answers[0].score, 0.25);
  EXPECT_FALSE(answers[0].positive);
  EXPECT_EQ(answers[1].app, "a, \"b\"\nc");
  EXPECT_TRUE(answers[1].positive);
  EXPECT_EQ(answers[2].frame, 8);
  EXPECT_EQ(answers[2].app, "");
  EXPECT_EQ(answers[2].score, 1);
}

TEST(FrameLogReaderTest, RefusesWhatIsNoFrameLog) {
  const TestFolder folder;
  const auto read = [&](const std::string& text) {
    write_file(folder / "f.csv", text);
    return read_frame_log(folder / "f.csv");
  };
  EXPECT_TRUE(read(kHeader).empty());
  EXPECT_ERROR(unreadable, read_frame_log(folder / "none.csv"), "none.csv");
  EXPECT_ERROR(untrusted, read("frame,APP\n"), "f.csv: row 0: expected the header");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,a,0.5,1\nx,0.1,a,0.5,1\n")),
               "row 2: expected a frame, got \"x\"");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,a,high,1\n")), "expected a score");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,a,0.5,yes\n")), "expected 0 or 1");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,a,0.5\n")), "five fields");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,a,0.5,1")), "five fields");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,\"a,0.5,1\n")), "closing");
  EXPECT_ERROR(untrusted, read(kHeader + std::string("1,0.1,\"a\"b,0.5,1\n")), "behind an app's name");
}

}  // namespace
}  // namespace mainstream
