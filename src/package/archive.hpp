// Zip files for M-Packages: entries are stored, not compressed, so an entry's size is its size on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mainstream {

// Reads an untrusted archive. Throws unreadable (missing, a folder, no permission) or untrusted: not a zip
// file, damaged, or an entry that is compressed, encrypted, a duplicate, or overlaps another. Thread-safe.
class ArchiveReader {
 public:
  struct Entry {
    std::string name;  // as in the file: not checked yet
    std::uint64_t size = 0;
  };

  explicit ArchiveReader(const std::filesystem::path& path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] const std::vector<Entry>& entries() const;
  [[nodiscard]] const Entry* find(std::string_view name) const;

  // Reads the entry's bytes in pieces, or as a whole. The entry must be one of entries().
  void read(const Entry& entry, const std::function<void(std::string_view)>& piece) const;
  [[nodiscard]] std::string read(const Entry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ArchiveEntry {
  std::string name, bytes;
};

// Equal entries give equal bytes: no time of day is stored. Writes the file whole or not at all. Throws
// storage.
void write_archive(const std::filesystem::path& path, const std::vector<ArchiveEntry>& entries);

}  // namespace mainstream
