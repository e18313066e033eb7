// The words for paces.
#include "mainstream/runner.hpp"

namespace mainstream {

const char* to_string(Pace pace) {
  return pace == Pace::live ? "live" : "all";
}

std::optional<Pace> pace_from(const std::string& name) {
  for (const Pace pace : {Pace::live, Pace::all}) {
    if (name == to_string(pace)) return pace;
  }
  return std::nullopt;
}

}  // namespace mainstream
