// The output of `mainstream base show`.
#pragma once

#include <string>

#include "mainstream/base.hpp"

namespace mainstream {

[[nodiscard]] std::string base_text(const Base& base);
[[nodiscard]] std::string base_json(const Base& base);

}  // namespace mainstream
