// The output of `mainstream package show` and `verify`.
#pragma once

#include <string>

#include "mainstream/package.hpp"

namespace mainstream {

[[nodiscard]] std::string manifest_text(const Manifest& manifest);

// The checks made, and for which candidates; `with_base`: against the base too.
[[nodiscard]] std::string verified_text(const std::string& file, const Manifest& manifest, bool with_base);
[[nodiscard]] std::string verified_json(const Manifest& manifest, bool with_base);

}  // namespace mainstream
