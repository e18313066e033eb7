#include "media/video_writer.hpp"

#include <random>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

constexpr int kWidth = 96, kHeight = 64;

std::vector<std::uint8_t> grey(int value) {
  return std::vector<std::uint8_t>(std::size_t{kWidth} * kHeight * 3, static_cast<std::uint8_t>(value));
}

void write_grey(const std::filesystem::path& path, int frames) {
  VideoWriter writer(path, kWidth, kHeight, 14);
  for (int i = 0; i < frames; ++i) writer.add(picture_from_rgb(kWidth, kHeight, grey(16 + 5 * i)));
  writer.finish();
}

TEST(VideoWriterTest, WritesWhatTheReaderReads) {
  const TestFolder folder;
  for (const char* name : {"a.mp4", "b.mkv", "c.avi"}) {
    SCOPED_TRACE(name);
    write_grey(folder / name, 40);
    VideoReader reader(folder / name);
    EXPECT_NEAR(reader.info().fps, 14, 0.01);
    EXPECT_EQ(reader.info().width, kWidth);
    int frames = 0;
    while (const auto frame = reader.next()) {
      EXPECT_NEAR(to_rgb(frame->picture)[1000], 16 + 5 * frames, 3) << frames;
      EXPECT_NEAR(seconds(frame->time), frames / 14.0, 0.0011);
      ++frames;
    }
    EXPECT_EQ(frames, 40);
  }
}

TEST(VideoWriterTest, KeepsColours) {
  const TestFolder folder;
  std::vector<std::uint8_t> rgb = grey(0);
  for (std::size_t i = 0; i < rgb.size(); i += 3) rgb[i] = 200, rgb[i + 1] = 60, rgb[i + 2] = 30;
  VideoWriter writer(folder / "red.mp4", kWidth, kHeight, 10);
  writer.add(picture_from_rgb(kWidth, kHeight, rgb));
  writer.finish();
  const auto read = to_rgb(VideoReader(folder / "red.mp4").next()->picture);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(read[3000 + i], rgb[i], 4) << i;
}

TEST(VideoWriterTest, TheSamePicturesGiveTheSameFile) {
  const TestFolder folder;
  write_grey(folder / "a.mp4", 20);
  write_grey(folder / "b.mp4", 20);
  EXPECT_EQ(read_file(folder / "a.mp4"), read_file(folder / "b.mp4"));
}

TEST(VideoWriterTest, LeavesNoHalfFile) {
  const TestFolder folder;
  {
    VideoWriter writer(folder / "a.mp4", kWidth, kHeight, 10);
    writer.add(picture_from_rgb(kWidth, kHeight, grey(9)));
  }
  EXPECT_THAT(folder.names(), testing::IsEmpty());
  {
    const FullDisk full(2000);
    std::mt19937 random(1);
    std::vector<std::uint8_t> noise = grey(0);
    for (std::uint8_t& value : noise) value = static_cast<std::uint8_t>(random());
    VideoWriter writer(folder / "a.mp4", kWidth, kHeight, 10);
    const auto write_all = [&] {
      for (int i = 0; i < 30; ++i) writer.add(picture_from_rgb(kWidth, kHeight, noise));
      writer.finish();
    };
    EXPECT_ERROR(storage, write_all(), "a.mp4: cannot be written");
  }
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(VideoWriterTest, RefusesWhatIsNoVideo) {
  const TestFolder folder;
  EXPECT_ERROR(usage, VideoWriter(folder / "a.mp4", 95, 64, 10), "even sides from 2 to 16384, got 95 x 64");
  EXPECT_ERROR(usage, VideoWriter(folder / "a.mp4", 96, 64, 0), "frames per second, got 0");
  EXPECT_ERROR(usage, VideoWriter(folder / "a.video", 96, 64, 10), "a.video: expected a video's ending");
  EXPECT_ERROR(storage, VideoWriter("/nowhere/a.mp4", 96, 64, 10), "/nowhere/a.mp4");
}

}  // namespace
}  // namespace mainstream
