// The folder in which a node keeps its state, and the lock that keeps a second node out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace mainstream {

// Names of what is in a state directory.
[[nodiscard]] std::filesystem::path database_in(const std::filesystem::path& directory);
[[nodiscard]] std::filesystem::path snapshots_in(const std::filesystem::path& directory);

// True for what can be a file's name here: 1 to 64 letters, digits, `-` and `_`.
[[nodiscard]] bool is_event_id(std::string_view id);

// Holds the lock (flock on the file `lock`) as long as it lives; the kernel frees it when the process ends in
// whatever way.
class StateLock {
 public:
  // Makes the folder if it is missing. Throws failed when another process holds the lock, naming the process;
  // storage when the folder cannot be made or written.
  explicit StateLock(const std::filesystem::path& directory);
  ~StateLock();
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace mainstream
