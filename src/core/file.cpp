#include "core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

[[noreturn]] void fail(ErrorKind kind, const std::filesystem::path& path, const char* what) {
  throw Error(kind, fmt::format("{}: {}: {}", path.string(), what, std::strerror(errno)));
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const Descriptor file(path, O_RDONLY);
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

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  TemporaryFile temporary(path);
  {
    const Descriptor file(temporary.path(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
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

TemporaryFile::TemporaryFile(std::filesystem::path target) : target_(std::move(target)) {
  static std::atomic<unsigned> serial{0};
  path_ = target_;
  path_ += fmt::format(".{}-{}.tmp", ::getpid(), serial++);
}

TemporaryFile::~TemporaryFile() {
  if (!committed_) ::unlink(path_.c_str());
}

void TemporaryFile::commit() {
  {
    const Descriptor file(path_, O_RDONLY);
    if (!file.is_open() || ::fsync(file.get()) != 0) fail(ErrorKind::storage, target_, "cannot write");
  }
  if (::rename(path_.c_str(), target_.c_str()) != 0) fail(ErrorKind::storage, target_, "cannot write");
  committed_ = true;
}

}  // namespace mainstream
