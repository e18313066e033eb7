#include "core/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "core/mutex.hpp"

namespace mainstream {
namespace {

constexpr int kPatienceMs = 1000;

std::atomic<bool> quiet{false};
Mutex say_mutex;  // one text after the other
bool reader_stalls GUARDED_BY(say_mutex) = false;

// A pipe takes PIPE_BUF bytes without blocking once poll says so.
bool is_writable(int wait_ms) noexcept {
  pollfd error{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&error, 1, wait_ms) > 0;
}

}  // namespace

void say(std::string_view text) noexcept {
  const MutexLock lock(say_mutex);
  while (!text.empty()) {
    if (!is_writable(reader_stalls ? 0 : kPatienceMs)) {
      reader_stalls = true;
      return;
    }
    reader_stalls = false;
    const ssize_t put = ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

void inform(std::string_view text) noexcept {
  if (!is_quiet()) say(text);
}

void be_quiet() noexcept {
  quiet = true;
}

bool is_quiet() noexcept {
  return quiet;
}

bool on_terminal() noexcept {
  return ::isatty(STDERR_FILENO) == 1;
}

bool wants_colour() noexcept {
  const char* no_color = std::getenv("NO_COLOR");
  return on_terminal() && (no_color == nullptr || *no_color == '\0');
}

std::size_t terminal_columns() noexcept {
  constexpr long kUsual = 80, kMost = 10'000;
  if (const char* columns = std::getenv("COLUMNS")) {
    const long given = std::strtol(columns, nullptr, 10);
    if (given > 0) return static_cast<std::size_t>(std::min(given, kMost));
  }
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsual;
}

}  // namespace mainstream
