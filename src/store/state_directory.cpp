#include "store/state_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

void make_private_folder(const fs::path& path) {
  std::error_code error;
  if (fs::create_directories(path, error)) fs::permissions(path, fs::perms::owner_all, error);
  if (error) {
    throw Error(ErrorKind::storage,
                fmt::format("{}: cannot make the folder: {}", path.string(), error.message()));
  }
}

std::string holder(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  const std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

fs::path database_in(const fs::path& directory) {
  return directory / "node.db";
}

fs::path snapshots_in(const fs::path& directory) {
  return directory / "snapshots";
}

bool is_event_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

StateLock::StateLock(const fs::path& directory) {
  make_private_folder(directory);
  make_private_folder(snapshots_in(directory));
  const fs::path path = directory / "lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const auto fail = [&](ErrorKind kind, const std::string& what) {
    if (fd_ >= 0) ::close(fd_);
    throw Error(kind, what);
  };
  if (fd_ < 0) {
    fail(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), std::strerror(errno)));
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    fail(ErrorKind::failed, fmt::format("{}: {} uses this state directory; stop it, or choose another one",
                                        directory.string(), holder(fd_)));
  }
  // The number is for people: without it (on a full disk, say) the lock holds as well.
  const std::string pid = fmt::format("{}", ::getpid());
  const bool written = ::ftruncate(fd_, 0) == 0 &&
                       ::pwrite(fd_, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
  (void)written;
}

StateLock::~StateLock() {
  ::close(fd_);
}

}  // namespace mainstream
