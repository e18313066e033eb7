#include "run/line_file.hpp"

#include <sys/resource.h>

#include <csignal>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "run/frame_log.hpp"

namespace mainstream {
namespace {

TEST(LineFileTest, LinesAreThereAsSoonAsTheyAreWritten) {
  const TestFolder folder;
  LineFile file(folder / "events.jsonl");
  file.append("one\n");
  EXPECT_EQ(read_file(folder / "events.jsonl"), "one\n");
  file.append("two\nthree\n");
  EXPECT_EQ(read_file(folder / "events.jsonl"), "one\ntwo\nthree\n");
}

TEST(LineFileTest, NamesAFileThatCannotBeWritten) {
  EXPECT_ERROR(storage, LineFile("/nowhere/events.jsonl"), "/nowhere/events.jsonl: cannot write");
}

TEST(LineFileTest, AFullDiskLeavesWholeLines) {
  EXPECT_ERROR(storage, LineFile("/dev/full").append("x\n"), "No space left");
  // A limit on file sizes stops a write in its middle, as a full disk does.
  const TestFolder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  LineFile file(folder / "events.jsonl");
  file.append(std::string(79, 'a') + "\n");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_ERROR(storage, file.append(std::string(79, 'b') + "\n"), "File too large");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(read_file(folder / "events.jsonl"), std::string(79, 'a') + "\n");
}

TEST(FrameLogTest, WritesOneLineForEachAnswer) {
  const TestFolder folder;
  FrameLog log(folder / "frames.csv");
  const VideoFrame frame{12, MediaTime(1'200'000), picture_from_rgb(1, 1, std::vector<std::uint8_t>(3))};
  log.add(frame, "crossing", 0.875F, true);
  log.add(frame, "a \"quoted\", app", 0.25F, false);
  log.flush();
  EXPECT_EQ(read_file(folder / "frames.csv"),
            "frame,seconds,app,score,positive\n"
            "12,1.200000,crossing,0.875000,1\n"
            "12,1.200000,\"a \"\"quoted\"\", app\",0.250000,0\n");
}

}  // namespace
}  // namespace mainstream
