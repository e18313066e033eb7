#include "core/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <optional>
#include <string>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr int kMostLinks = 40;  // as the kernel

[[noreturn]] void fail_writing(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), why));
}

// /proc/PID/fd/N of this process, where PID may be "self", as a path's folder.
bool is_own_fd_folder(const std::filesystem::path& folder) {
  std::error_code none;
  return std::filesystem::equivalent(folder, "/proc/self/fd", none);
}

std::optional<int> descriptor_named(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  int fd = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), fd);
  const bool is_number = error == std::errc() && end == name.data() + name.size() && fd >= 0;
  if (!is_number || !is_own_fd_folder(path.parent_path())) return std::nullopt;
  return fd;
}

struct Target {
  std::filesystem::path path;  // no link, except for what names a descriptor
  std::optional<int> own;      // that descriptor
};

Target target_of(std::filesystem::path path) {
  for (int links = 0; links < kMostLinks; ++links) {
    if (const auto own = descriptor_named(path)) return {path, own};
    std::error_code none;
    const auto link = std::filesystem::read_symlink(path, none);
    if (none) return {path, std::nullopt};
    path = link.is_absolute() ? link : path.parent_path() / link;
  }
  fail_writing(path, "too many links");
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::filesystem::path followed(const std::filesystem::path& path) {
  return target_of(path).path;
}

bool is_passage(const std::filesystem::path& path) {
  const Target target = target_of(path);
  if (target.own) return true;
  struct stat status {};
  return ::stat(target.path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

Descriptor open_output(const std::filesystem::path& path) {
  const Target target = target_of(path);
  // A descriptor of ours is shared, with its place in the file; opening it again would begin at the start.
  if (target.own) {
    Descriptor shared(::fcntl(*target.own, F_DUPFD_CLOEXEC, 0));
    if (!shared.is_open()) fail_writing(path, std::strerror(errno));
    return shared;
  }
  // Without O_NONBLOCK, opening a FIFO waits for its reader.
  Descriptor output(
      ::open(target.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644));
  if (!output.is_open()) fail_writing(path, errno == ENXIO ? "nobody reads it" : std::strerror(errno));
  const int flags = ::fcntl(output.get(), F_GETFL);
  if (flags < 0 || ::fcntl(output.get(), F_SETFL, flags & ~O_NONBLOCK) != 0)
    fail_writing(path, std::strerror(errno));
  return output;
}

void write_all(const Descriptor& output, std::string_view bytes, const std::filesystem::path& path,
               std::chrono::milliseconds patience) {
  while (!bytes.empty()) {
    pollfd ready{output.get(), POLLOUT, 0};
    const int writable = ::poll(&ready, 1, static_cast<int>(patience.count()));
    if (writable < 0 && errno == EINTR) continue;
    if (writable == 0) fail_writing(path, fmt::format("its reader took nothing for {} ms", patience.count()));
    // A pipe that is ready takes PIPE_BUF bytes without blocking.
    const ssize_t put = ::write(output.get(), bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_writing(path, std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace mainstream
