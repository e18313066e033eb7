#include "core/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/terminal.hpp"
#include "core/text.hpp"

namespace mainstream {
namespace {

using std::chrono::steady_clock;

constexpr int kBarWidth = 24;

std::string clock_text(double seconds) {
  const auto whole = std::lround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

Progress::Progress(const std::string& what, std::uint64_t total)
    : what_(clean(what)),
      total_(total),
      terminal_(on_terminal()),
      start_(steady_clock::now()),
      drawn_(terminal_ ? steady_clock::time_point{} : start_) {}

Progress::~Progress() {
  draw(true);
}

void Progress::update(std::uint64_t done, const std::string& note) {
  done_ = done;
  note_ = note;
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (steady_clock::now() - drawn_ >= pause) draw(false);
}

void Progress::draw(bool last) {
  drawn_ = steady_clock::now();
  const double elapsed = std::chrono::duration<double>(drawn_ - start_).count();
  std::string line = what_;
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * kBarWidth);
    if (terminal_) line += fmt::format(" [{:<{}}]", std::string(filled, '#'), kBarWidth);
    line += fmt::format(" {}/{}", done_, total_);
    if (!last && done_ > 0) line += fmt::format(", {} left", clock_text(elapsed / share - elapsed));
  } else {
    line += fmt::format(" {}", done_);
  }
  if (last) line += fmt::format(", took {}", clock_text(elapsed));
  if (!note_.empty()) line += ", " + note_;
  // A line that fills the terminal would be drawn below itself.
  if (terminal_) line = clean(line, terminal_columns() - 1);
  inform(terminal_ ? fmt::format("\r\033[K{}{}", line, last ? "\n" : "") : line + "\n");
}

}  // namespace mainstream
