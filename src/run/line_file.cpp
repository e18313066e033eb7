#include "run/line_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <optional>

#include "core/log.hpp"
#include "core/stop.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostWaitingBytes = std::size_t{16} << 20;  // bytes
constexpr auto kPatienceAtEnd = std::chrono::milliseconds(1500);
constexpr int kPollMs = 50;

[[noreturn]] void fail_line_file(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", path.string(), why));
}

// Empties the file, or ends a line that a crash left open.
void prepare(const Descriptor& file, const std::filesystem::path& path, LineFile::Start start) {
  if (start == LineFile::Start::empty) {
    if (::ftruncate(file.get(), 0) != 0) fail_line_file(path, std::strerror(errno));
    return;
  }
  const Descriptor reading(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  char last = '\n';
  if (!reading.is_open() || ::fstat(reading.get(), &status) != 0) fail_line_file(path, std::strerror(errno));
  if (status.st_size > 0 && ::pread(reading.get(), &last, 1, status.st_size - 1) == 1 && last != '\n') {
    if (::write(file.get(), "\n", 1) != 1) fail_line_file(path, std::strerror(errno));
  }
}

}  // namespace

LineFile::LineFile(std::filesystem::path path, Start start)
    : path_(std::move(path)), passage_(is_passage(path_)), output_(open_output(path_)) {
  if (passage_) {
    writer_ = std::jthread([this] { write_waiting(); });
  } else {
    prepare(output_, path_, start);
  }
}

LineFile::~LineFile() {
  const MutexLock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
}

void LineFile::append(std::string_view lines) {
  if (!passage_) return append_to_file(lines);
  const MutexLock lock(mutex_);
  if (!failure_.empty()) fail_line_file(path_, failure_);
  if (waiting_bytes_ + lines.size() > kMostWaitingBytes) {
    if (dropped_++ == 0) {
      module_log("run").warn("{}: its reader does not keep up; lines are dropped from now on",
                             path_.string());
    }
    return;
  }
  waiting_.emplace_back(lines);
  waiting_bytes_ += lines.size();
  changed_.notify_all();
}

void LineFile::append_to_file(std::string_view lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const ssize_t put = ::write(output_.get(), lines.data() + done, lines.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const int reason = errno;
      const off_t end = ::lseek(output_.get(), 0, SEEK_END);
      if (done > 0 && end >= 0) (void)!::ftruncate(output_.get(), end - static_cast<off_t>(done));
      fail_line_file(path_, std::strerror(reason));
    }
    done += static_cast<std::size_t>(put);
  }
}

void LineFile::close() {
  if (!passage_) return;
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  writer_.join();
  const MutexLock lock(mutex_);
  if (!failure_.empty()) fail_line_file(path_, failure_);
  const std::size_t lost = waiting_.size() + dropped_;
  if (lost > 0) fail_line_file(path_, fmt::format("its reader did not take the last {} lines", lost));
}

void LineFile::write_waiting() {
  block_sigpipe();
  std::optional<std::chrono::steady_clock::time_point> end;
  std::size_t done = 0;  // bytes of the first of waiting_
  while (true) {
    std::string_view lines;
    {
      const MutexLock lock(mutex_);
      while (waiting_.empty() && !closing_) changed_.wait(mutex_);
      if (closing_ && !end) end = std::chrono::steady_clock::now() + kPatienceAtEnd;
      if (waiting_.empty() || (end && std::chrono::steady_clock::now() >= *end)) return;
      lines = waiting_.front();  // stays where it is while others are appended
    }
    if (!write_some(lines, done)) return;
    if (done < lines.size()) continue;
    const MutexLock lock(mutex_);
    waiting_bytes_ -= lines.size();
    waiting_.pop_front();
    done = 0;
  }
}

bool LineFile::write_some(std::string_view lines, std::size_t& done) {
  pollfd ready{output_.get(), POLLOUT, 0};
  if (::poll(&ready, 1, kPollMs) <= 0) return true;
  // A pipe that is ready takes PIPE_BUF bytes without blocking.
  const ssize_t put =
      ::write(output_.get(), lines.data() + done, std::min<std::size_t>(lines.size() - done, PIPE_BUF));
  if (put < 0 && errno != EINTR) {
    const MutexLock lock(mutex_);
    failure_ = std::strerror(errno);
    return false;
  }
  done += put > 0 ? static_cast<std::size_t>(put) : 0;
  return true;
}

}  // namespace mainstream
