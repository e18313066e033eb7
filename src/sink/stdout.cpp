// Lines to standard output. A reader that stalls must not hold up the end of the program, so nothing is
// written before the pipe has room: a pipe that is writable takes PIPE_BUF bytes without waiting.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "mainstream/sink.hpp"
#include "sink/lines.hpp"

namespace mainstream {
namespace {

constexpr int kLookMs = 100;  // how often it looks whether to stop

class StdoutSink final : public Sink {
 public:
  Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& stop) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      std::string error;
      if (!write(line_of(events[i]), stop, error)) return {i, error};
    }
    return {events.size()};
  }

 private:
  static bool write(std::string_view line, const std::stop_token& stop, std::string& error) {
    while (!line.empty()) {
      pollfd output{STDOUT_FILENO, POLLOUT, 0};
      const int ready = ::poll(&output, 1, kLookMs);
      if (stop.stop_requested()) {
        error = "standard output: stopped while waiting for the reader";
        return false;
      }
      if (ready <= 0) continue;
      const ssize_t put = ::write(STDOUT_FILENO, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
      if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (put < 0) {
        error = fmt::format("standard output: cannot write: {}", std::strerror(errno));
        return false;
      }
      line.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<Sink> make_stdout_sink() {
  return std::make_unique<StdoutSink>();
}

}  // namespace mainstream
