#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "core/output.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);  // with a reader that takes nothing

[[noreturn]] void fail(ErrorKind kind, const std::filesystem::path& path, const char* what) {
  throw Error(kind, fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) fail(ErrorKind::unreadable, path, "cannot open");
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::unreadable, fmt::format("{}: not a regular file", path.string()));
  }
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: expected at most {} bytes, got {}", path.string(),
                                                  max_bytes, status.st_size));
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorKind::unreadable, path, "cannot read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

void check_private(const std::filesystem::path& file, std::string_view what) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & 077) == 0) return;
  throw Error(ErrorKind::untrusted,
              fmt::format("{}: holds {} and has mode {:03o}, expected 600 (chmod 600 {})", file.string(),
                          what, status.st_mode & 0777, file.string()));
}

void write_file(const std::filesystem::path& path, std::string_view bytes, Readers readers) {
  if (is_passage(path)) return write_all(open_output(path), bytes, path, kPatience);
  TemporaryFile temporary(path);
  {
    // A file that was there would keep its mode.
    const bool is_private = readers == Readers::owner;
    if (is_private) ::unlink(temporary.path().c_str());
    const int how = O_WRONLY | O_CREAT | O_CLOEXEC | (is_private ? O_EXCL : O_TRUNC);
    const Descriptor file(::open(temporary.path().c_str(), how, is_private ? 0600 : 0644));
    if (!file.is_open()) fail(ErrorKind::storage, path, "cannot write");
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail(ErrorKind::storage, path, "cannot write");
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  temporary.commit();
}

TemporaryFile::TemporaryFile(const std::filesystem::path& target)
    : target_(followed(target)), passage_(is_passage(target_)) {
  if (passage_) {
    std::string name = (std::filesystem::temp_directory_path() / "mainstream-XXXXXX").string();
    const Descriptor made(::mkstemp(name.data()));
    if (!made.is_open()) fail(ErrorKind::storage, name, "cannot write");
    path_ = name;
    return;
  }
  static std::atomic<unsigned> serial{0};
  path_ = target_;
  path_ += fmt::format(".{}-{}.tmp", ::getpid(), serial++);
}

TemporaryFile::~TemporaryFile() {
  if (!committed_) ::unlink(path_.c_str());
}

void TemporaryFile::commit() {
  if (passage_) return write_all(open_output(target_), read_file(path_), target_, kPatience);
  {
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() || ::fsync(file.get()) != 0) fail(ErrorKind::storage, target_, "cannot write");
  }
  if (::rename(path_.c_str(), target_.c_str()) != 0) fail(ErrorKind::storage, target_, "cannot write");
  committed_ = true;
}

}  // namespace mainstream
