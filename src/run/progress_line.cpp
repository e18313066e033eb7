#include "run/progress_line.hpp"

#include <fmt/format.h>

namespace mainstream {

std::string progress_note(const Statistics& now, const Statistics& before, std::int64_t dropped) {
  if (!now.last) return "waiting for frames";
  const MediaTime since = before.last ? *before.last : *now.first;
  const double passed = seconds(*now.last - since);
  std::string note;
  for (std::size_t app = 0; app < now.apps.size() && passed > 0; ++app) {
    const auto earlier = before.apps.empty() ? 0 : before.apps[app].frames;
    note += fmt::format("{:.1f} ", static_cast<double>(now.apps[app].frames - earlier) / passed);
  }
  const double busy = passed > 0 ? (now.busy_ms - before.busy_ms) / passed : 0;
  return fmt::format("{}fps, {} dropped, {:.0f} ms/s busy", note, dropped, busy);
}

}  // namespace mainstream
