// The words for paces and clocks.
#include "mainstream/runner.hpp"

namespace mainstream {

const char* to_string(Pace pace) {
  return pace == Pace::live ? "live" : "all";
}

const char* to_string(WallClock clock) {
  switch (clock) {
    case WallClock::playback:
      return "playback";
    case WallClock::arrival:
      return "arrival";
    case WallClock::camera:
      break;
  }
  return "camera";
}

std::optional<Pace> pace_from(const std::string& name) {
  for (const Pace pace : {Pace::live, Pace::all}) {
    if (name == to_string(pace)) return pace;
  }
  return std::nullopt;
}

}  // namespace mainstream
