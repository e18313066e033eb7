// A part of a clip on the command line.
#pragma once

#include <string>

#include "mainstream/event.hpp"

namespace mainstream {

// "398..794", both ends included. Throws usage.
[[nodiscard]] FrameRange parse_frames(const std::string& text);

}  // namespace mainstream
