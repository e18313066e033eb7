// What an output path stands for: a file of its own, or something that must be written through (a pipe, a
// terminal, /dev/null, a descriptor that this process has already).
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>

namespace mainstream {

// An open file descriptor, or none; closed on destruction.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The path with its links followed, to the file that is meant; that need not exist.
[[nodiscard]] std::filesystem::path followed(const std::filesystem::path& path);

// True for what is there and is no regular file, and for /dev/stdout, /dev/fd/N and other names of this
// process's own descriptors: such an output is written through, never replaced, emptied or cut.
[[nodiscard]] bool is_passage(const std::filesystem::path& path);

// Opens an output for writing at its end; makes the file if nothing is there. Throws storage, at once for a
// FIFO that nobody reads.
[[nodiscard]] Descriptor open_output(const std::filesystem::path& path);

// Writes all bytes; a reader that takes nothing for `patience` is an error. `path` is for the message. Throws
// storage. (A pipe without a reader raises SIGPIPE, which the caller's thread should have blocked or
// ignored.)
void write_all(const Descriptor& output, std::string_view bytes, const std::filesystem::path& path,
               std::chrono::milliseconds patience);

}  // namespace mainstream
