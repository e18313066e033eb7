#include "run/line_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
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
  LineFile full("/dev/full");
  full.append("x\n");
  EXPECT_ERROR(storage, full.close(), "No space left");
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

TEST(LineFileTest, KeepsTheLinesOfAnEarlierRun) {
  const TestFolder folder;
  write_file(folder / "events.jsonl", "one\ncut o");
  LineFile(folder / "events.jsonl", LineFile::Start::behind).append("two\n");
  EXPECT_EQ(read_file(folder / "events.jsonl"), "one\ncut o\ntwo\n");
  LineFile(folder / "events.jsonl").append("three\n");
  EXPECT_EQ(read_file(folder / "events.jsonl"), "three\n");
}

// A named pipe with its reader.
struct TestPipe {
  TestPipe() {
    if (::mkfifo(path.c_str(), 0600) != 0) throw Error(ErrorKind::failed, "mkfifo");
    reader = Descriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  }
  [[nodiscard]] std::string read() const {
    std::string all(1 << 20, '\0');
    const ssize_t got = ::read(reader.get(), all.data(), all.size());
    return got > 0 ? all.substr(0, static_cast<std::size_t>(got)) : std::string();
  }
  const TestFolder folder;
  const std::filesystem::path path = folder / "pipe";
  Descriptor reader;
};

TEST(LineFileTest, APipeGetsAllLines) {
  const TestPipe pipe;
  LineFile file(pipe.path);
  file.append("one\n");
  file.append("two\n");
  file.close();
  EXPECT_EQ(pipe.read(), "one\ntwo\n");
}

TEST(LineFileTest, AReaderThatStallsHoldsUpNobody) {
  const TestPipe pipe;
  LineFile file(pipe.path);
  const std::string line = std::string(9999, 'x') + "\n";
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3000; ++i) file.append(line);  // 30 MB
  EXPECT_ERROR(storage, file.close(), "pipe: cannot write: its reader did not take the last ");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(pipe.read(), testing::StartsWith(line)) << "what it took are whole lines, in order";
}

TEST(LineFileTest, AReaderThatGoesAwayIsAnError) {
  TestPipe pipe;
  LineFile file(pipe.path);
  pipe.reader = Descriptor();
  file.append("one\n");
  EXPECT_ERROR(storage, file.close(), "pipe: cannot write: Broken pipe");
  EXPECT_ERROR(storage, LineFile(pipe.path), "pipe: cannot write: nobody reads it");
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
