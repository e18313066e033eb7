// A file of JSON Lines that is rotated.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "mainstream/error.hpp"
#include "mainstream/sink.hpp"
#include "sink/lines.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

constexpr int kMostKept = 1000;  // all are renamed at each rotation

class JsonLinesSink final : public Sink {
 public:
  explicit JsonLinesSink(JsonLinesOptions options) : options_(std::move(options)) {
    if (options_.keep < 0 || options_.keep > kMostKept) {
      throw Error(ErrorKind::usage, fmt::format("{}: expected 0 to {} old files to keep, got {}",
                                                options_.path.string(), kMostKept, options_.keep));
    }
    struct stat status {};
    if (::stat(options_.path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw Error(ErrorKind::usage, fmt::format("{}: expected a regular file or none, got something else",
                                                options_.path.string()));
    }
  }
  ~JsonLinesSink() override { close(); }
  JsonLinesSink(const JsonLinesSink&) = delete;
  JsonLinesSink& operator=(const JsonLinesSink&) = delete;

  Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& /*stop*/) override {
    if (fd_ >= 0 && was_replaced()) close();
    if (fd_ < 0) open();
    std::string lines;
    std::size_t count = 0;
    for (; count < events.size(); ++count) {
      const std::string line = line_of(events[count]);
      // At least one line goes into each file.
      if (size_ + lines.size() > 0 && is_full(size_ + lines.size() + line.size())) break;
      lines += line;
    }
    if (count == 0) {
      rotate();
      lines = line_of(events[count++]);
    }
    append(lines);
    return {count};  // the rest goes into the next file
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw Error(ErrorKind::storage,
                fmt::format("{}: {}: {}", options_.path.string(), what, std::strerror(errno)));
  }

  [[nodiscard]] bool is_full(std::uint64_t bytes) const {
    if (options_.max_bytes != 0 && bytes > options_.max_bytes) return true;
    return options_.max_age.count() != 0 && std::chrono::system_clock::now() - begun_ > options_.max_age;
  }

  [[nodiscard]] bool was_replaced() const {
    struct stat here {
    }, there{};
    return ::fstat(fd_, &here) != 0 || ::stat(options_.path.c_str(), &there) != 0 ||
           here.st_ino != there.st_ino || here.st_dev != there.st_dev;
  }

  void open() {
    fd_ = ::open(options_.path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    struct stat status {};
    if (fd_ < 0 || ::fstat(fd_, &status) != 0) fail("cannot open");
    size_ = static_cast<std::uint64_t>(status.st_size);
    remove_cut_line();
    begun_ = birth();
  }

  // What a crash left of a line: the record comes again, whole.
  void remove_cut_line() {
    const std::uint64_t before = size_;
    char last = '\n';
    while (size_ > 0 && ::pread(fd_, &last, 1, static_cast<off_t>(size_ - 1)) == 1 && last != '\n') --size_;
    if (size_ < before && ::ftruncate(fd_, static_cast<off_t>(size_)) != 0) fail("cannot write");
  }

  [[nodiscard]] std::chrono::system_clock::time_point birth() const {
    struct statx status {};
    if (::statx(fd_, "", AT_EMPTY_PATH, STATX_BTIME, &status) != 0 || (status.stx_mask & STATX_BTIME) == 0) {
      return std::chrono::system_clock::now();
    }
    return std::chrono::system_clock::from_time_t(status.stx_btime.tv_sec) +
           std::chrono::milliseconds(status.stx_btime.tv_nsec / 1'000'000);
  }

  // All or, on a full disk, nothing.
  void append(std::string_view lines) {
    for (std::string_view rest = lines; !rest.empty();) {
      const ssize_t put = ::write(fd_, rest.data(), rest.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) undo("cannot write");
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fdatasync(fd_) != 0) undo("cannot write");
    size_ += lines.size();
  }

  [[noreturn]] void undo(const char* what) {
    const int error = errno;
    if (::ftruncate(fd_, static_cast<off_t>(size_)) != 0) close();  // open() cuts the last line
    errno = error;
    fail(what);
  }

  void rotate() {
    close();
    const auto old = [&](int number) {
      return fs::path(fmt::format("{}.{}", options_.path.string(), number));
    };
    std::error_code error;
    if (options_.keep == 0) fs::remove(options_.path, error);
    for (int number = options_.keep; number > 0; --number) {
      const fs::path from = number == 1 ? options_.path : old(number - 1);
      if (fs::exists(from, error)) fs::rename(from, old(number), error);
      if (error) {
        throw Error(ErrorKind::storage, fmt::format("{}: cannot rename: {}", from.string(), error.message()));
      }
    }
    open();
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  const JsonLinesOptions options_;
  int fd_ = -1;
  std::uint64_t size_ = 0;  // of whole lines
  std::chrono::system_clock::time_point begun_;
};

}  // namespace

std::unique_ptr<Sink> make_json_lines_sink(JsonLinesOptions options) {
  return std::make_unique<JsonLinesSink>(std::move(options));
}

}  // namespace mainstream
