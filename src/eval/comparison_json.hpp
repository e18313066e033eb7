// A comparison for programs (docs/formats.md, "Demo").
#pragma once

#include <string>
#include <vector>

#include "eval/event_pictures.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {

[[nodiscard]] std::string to_json(const Comparison& comparison, const std::vector<AppPictures>& pictures);

}  // namespace mainstream
