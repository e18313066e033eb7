// Parts of a clip: ranges of frames, ascending, without common frames.
#pragma once

#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

// "0..132,265..397", as --frames takes them.
[[nodiscard]] std::string to_string(const std::vector<FrameRange>& parts);

// Throws usage for parts that do not ascend, and for frames beyond the `frames` that have labels.
void check_parts(const std::vector<FrameRange>& parts, std::int64_t frames);

}  // namespace mainstream
