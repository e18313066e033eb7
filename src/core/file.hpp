// Reads untrusted files whole; writes files whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mainstream {

// The file's bytes. Throws unreadable (missing, a folder, no permission) or untrusted (longer
// than `max_bytes`), naming the path.
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uint64_t max_bytes = std::uint64_t{4} << 30);

// Throws untrusted when others than its owner may use the file; `what` it holds is for the message
// ("passwords"). A file that is missing passes: reading it says why.
void check_private(const std::filesystem::path& file, std::string_view what);

// Who may read a file; `owner` for passwords and keys.
enum class Readers { all, owner };

// Writes `bytes` to `path` through a temporary file beside it that is renamed at the end, so a reader never
// sees half a file and a failure leaves the old file. Links are followed. What is no regular file (a pipe, a
// terminal, /dev/stdout; is_passage in core/output.hpp) is written through instead. Throws storage.
void write_file(const std::filesystem::path& path, std::string_view bytes, Readers readers = Readers::all);

// Names a temporary file for a target, for libraries that write files themselves: write to path(), then
// commit(). It stands beside the target, or in the system's temporary folder for a target that is no regular
// file. Removed on destruction unless committed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Flushes the file to disk and renames it to the target, or copies it into a target that is no regular
  // file. Throws storage.
  void commit();

 private:
  const std::filesystem::path target_;
  const bool passage_;  // the target is no regular file
  std::filesystem::path path_;
  bool committed_ = false;
};

}  // namespace mainstream
