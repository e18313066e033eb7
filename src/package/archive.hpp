// Zip files as M-Packages use them: stored entries only, so that what is in the file is what is on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mainstream {

// An archive that others wrote. Throws unreadable (missing, a folder, no permission) or untrusted: not a zip
// file, damaged, an entry that is compressed, encrypted, there twice, or overlaps another. Thread-safe.
class ArchiveReader {
 public:
  struct Entry {
    std::string name;  // as it stands in the file: nothing is known about it yet
    std::uint64_t size = 0;
  };

  explicit ArchiveReader(const std::filesystem::path& path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] const std::vector<Entry>& entries() const;
  [[nodiscard]] const Entry* find(std::string_view name) const;

  // Hands the entry's bytes out in pieces, or as a whole. The entry must be one of entries().
  void read(const Entry& entry, const std::function<void(std::string_view)>& piece) const;
  [[nodiscard]] std::string read(const Entry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct ArchiveEntry {
  std::string name, bytes;
};

// The same entries give the same bytes: no time of day gets in. The file is there whole or not at all.
// Throws storage.
void write_archive(const std::filesystem::path& path, const std::vector<ArchiveEntry>& entries);

}  // namespace mainstream
