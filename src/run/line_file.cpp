#include "run/line_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), std::strerror(errno)));
}

}  // namespace

LineFile::LineFile(std::filesystem::path path)
    : path_(std::move(path)),
      fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)) {
  if (fd_ < 0) fail(path_);
}

LineFile::~LineFile() {
  ::close(fd_);
}

void LineFile::append(std::string_view lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const ssize_t put = ::write(fd_, lines.data() + done, lines.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int reason = errno;
      // Not possible on a pipe, and not needed there.
      if (const off_t end = ::lseek(fd_, 0, SEEK_END); done > 0 && end >= 0) {
        (void)!::ftruncate(fd_, end - static_cast<off_t>(done));
      }
      errno = reason;
      fail(path_);
    }
    done += static_cast<std::size_t>(put);
  }
}

}  // namespace mainstream
