#include "package/archive.hpp"

#include <zip.h>

#include <fstream>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

const std::vector<ArchiveEntry> kEntries{{"manifest.json", "{}"},
                                         {"candidates/00.onnx", std::string(1000, 'x')}};

// Writes without write_file's flush to disk, which is slow for thousands of files.
void write_plainly(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // truncating the old file would flush it too
  std::ofstream(path, std::ios::binary) << bytes;
}

// Compressed by libzip itself, as any zip program does by default.
void write_deflated(const std::filesystem::path& path, const std::string& bytes) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_file_add(archive, "manifest.json", zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
  ASSERT_EQ(zip_close(archive), 0);
}

TEST(ArchiveTest, GivesBackWhatWasWritten) {
  const TestFolder folder;
  write_archive(folder / "a.zip", kEntries);
  const ArchiveReader archive(folder / "a.zip");
  ASSERT_EQ(archive.entries().size(), 2U);
  EXPECT_EQ(archive.read(*archive.find("manifest.json")), "{}");
  EXPECT_EQ(archive.read(*archive.find("candidates/00.onnx")), kEntries[1].bytes);
  EXPECT_EQ(archive.find("candidates/01.onnx"), nullptr);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"a.zip"});
}

TEST(ArchiveTest, TheSameEntriesGiveTheSameBytes) {
  const TestFolder folder;
  write_archive(folder / "a.zip", kEntries);
  write_archive(folder / "b.zip", kEntries);
  EXPECT_EQ(read_file(folder / "a.zip"), read_file(folder / "b.zip"));
}

TEST(ArchiveTest, ReplacesAFileThatIsThere) {
  const TestFolder folder;
  write_plainly(folder / "a.zip", "not a zip");
  write_archive(folder / "a.zip", kEntries);
  EXPECT_EQ(ArchiveReader(folder / "a.zip").entries().size(), 2U);
}

TEST(ArchiveTest, RefusesCompressedEntries) {
  const TestFolder folder;
  write_deflated(folder / "bomb.zip", std::string(std::size_t{64} << 20, '\0'));
  EXPECT_LT(std::filesystem::file_size(folder / "bomb.zip"), 1U << 20);
  EXPECT_ERROR(untrusted, ArchiveReader(folder / "bomb.zip"), "\"manifest.json\" is compressed or encrypted");
}

TEST(ArchiveTest, RefusesWhatIsNoArchive) {
  const TestFolder folder;
  EXPECT_ERROR(unreadable, ArchiveReader(folder / "missing.zip"), "missing.zip: cannot open");
  EXPECT_ERROR(unreadable, ArchiveReader(folder.path()), "not a regular file");
  write_plainly(folder / "text.zip", "hello");
  EXPECT_ERROR(untrusted, ArchiveReader(folder / "text.zip"), "not a zip file");
  write_plainly(folder / "empty.zip", "");
  EXPECT_ERROR(untrusted, ArchiveReader(folder / "empty.zip"), "empty.zip");
}

TEST(ArchiveTest, RefusesEveryTruncation) {
  const TestFolder folder;
  write_archive(folder / "a.zip", kEntries);
  const std::string whole = read_file(folder / "a.zip");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_plainly(folder / "cut.zip", whole.substr(0, size));
    EXPECT_ERROR(untrusted, ArchiveReader(folder / "cut.zip"), "cut.zip");
  }
}

std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size())) {
    bytes.replace(at, from.size(), to);
  }
  return bytes;
}

TEST(ArchiveTest, RefusesAnEntryThatStandsTwice) {
  const TestFolder folder;
  write_archive(folder / "a.zip", {{"name-1", "first"}, {"name-2", "second"}});
  write_plainly(folder / "b.zip", replaced(read_file(folder / "a.zip"), "name-2", "name-1"));
  EXPECT_ERROR(untrusted, ArchiveReader(folder / "b.zip"), "b.zip");
}

// The central directory's second record, made to point at the first entry's bytes.
TEST(ArchiveTest, RefusesEntriesThatShareBytes) {
  const TestFolder folder;
  write_archive(folder / "a.zip", {{"name-1", std::string(500, 'x')}, {"name-2", std::string(500, 'x')}});
  std::string bytes = read_file(folder / "a.zip");
  const std::size_t record = bytes.find("PK\x01\x02", bytes.find("PK\x01\x02") + 4);
  constexpr std::size_t kOffsetField = 42;
  bytes.replace(record + kOffsetField, 4, std::string(4, '\0'));
  write_plainly(folder / "b.zip", bytes);
  EXPECT_ERROR(untrusted, ArchiveReader(folder / "b.zip"), "b.zip");
}

TEST(ArchiveTest, ADamagedByteIsNoticedOrDoesNotMatter) {
  const TestFolder folder;
  write_archive(folder / "a.zip", kEntries);
  const std::string whole = read_file(folder / "a.zip");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x15);
    write_plainly(folder / "b.zip", bytes);
    try {
      const ArchiveReader archive(folder / "b.zip");
      for (const ArchiveReader::Entry& entry : archive.entries()) {
        const std::string content = archive.read(entry);
        EXPECT_TRUE(content == kEntries[0].bytes || content == kEntries[1].bytes) << "byte " << i;
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::untrusted) << "byte " << i << ": " << error.what();
    }
  }
}

TEST(ArchiveTest, AFailedWriteLeavesNothingBehind) {
  const TestFolder folder;
  EXPECT_ERROR(storage, write_archive(folder / "no/such/folder/a.zip", kEntries), "a.zip: cannot write");
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace mainstream
