#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/output.hpp"
#include "core/testing.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

TEST(FileTest, ReadsWhatWasWritten) {
  const TestFolder folder;
  write_file(folder / "a", "hello");
  EXPECT_EQ(read_file(folder / "a"), "hello");
  EXPECT_THAT(folder.names(), testing::ElementsAre("a"));
}

TEST(FileTest, RefusesFoldersMissingAndOversizedFiles) {
  const TestFolder folder;
  write_file(folder / "a", "hello");
  EXPECT_ERROR(unreadable, read_file(folder / "b"), "b: cannot open");
  EXPECT_ERROR(unreadable, read_file(folder / ""), "not a regular file");
  EXPECT_ERROR(untrusted, read_file(folder / "a", 4), "expected at most 4 bytes, got 5");
}

TEST(FileTest, FailedWriteLeavesTheOldFileAndNothingElse) {
  EXPECT_ERROR(storage, write_file("/nowhere/file", "x"), "/nowhere/file: cannot write");
  EXPECT_ERROR(storage, write_file("/dev/full/x", "x"), "cannot write");
}

TEST(FileTest, FollowsLinks) {
  const TestFolder folder;
  write_file(folder / "target", "old");
  std::filesystem::create_symlink("target", folder / "link");
  std::filesystem::create_symlink("missing", folder / "dangling");
  write_file(folder / "link", "new");
  write_file(folder / "dangling", "made");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link") &&
              std::filesystem::is_symlink(folder / "dangling"));
  EXPECT_EQ(read_file(folder / "target"), "new");
  EXPECT_EQ(read_file(folder / "missing"), "made");
  EXPECT_THAT(folder.names(), testing::ElementsAre("dangling", "link", "missing", "target"));
  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_ERROR(storage, write_file(folder / "loop", "x"), "too many links");
}

TEST(FileTest, WritesThroughWhatIsNoRegularFile) {
  const TestFolder folder;
  std::filesystem::create_symlink("/dev/null", folder / "null");
  write_file(folder / "null", "gone");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null")) << "not replaced";
  EXPECT_ERROR(storage, write_file("/dev/full", "x"), "/dev/full: cannot write: No space left");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));

  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  EXPECT_ERROR(storage, write_file(folder / "fifo", "x"), "fifo: cannot write: nobody reads it");
  const Descriptor reader(::open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK));
  write_file(folder / "fifo", "one ");
  {
    TemporaryFile temporary(folder / "fifo");
    write_file(temporary.path(), "two");
    temporary.commit();
  }
  char text[16] = {};
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 7);
  EXPECT_STREQ(text, "one two");
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "fifo"));
  EXPECT_THAT(folder.names(), testing::ElementsAre("fifo", "null"));
}

// "> file" makes /dev/stdout a regular file: what stands in it already stays.
TEST(FileTest, WritesBehindWhatADescriptorHasWritten) {
  const TestFolder folder;
  const Descriptor file(::open((folder / "out").c_str(), O_WRONLY | O_CREAT, 0600));
  ASSERT_EQ(::write(file.get(), "before ", 7), 7);
  write_file(fmt::format("/dev/fd/{}", file.get()), "after");
  ASSERT_EQ(::write(file.get(), " all", 4), 4);
  EXPECT_EQ(read_file(folder / "out"), "before after all");
}

TEST(FileTest, UncommittedTemporaryFileVanishes) {
  const TestFolder folder;
  {
    const TemporaryFile temporary(folder / "a");
    write_file(temporary.path(), "half");
  }
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace mainstream
