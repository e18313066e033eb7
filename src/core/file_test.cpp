#include "core/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
