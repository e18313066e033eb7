// The output of `mainstream base profile`.
#pragma once

#include <string>

#include "mainstream/profile.hpp"

namespace mainstream {

[[nodiscard]] std::string profile_text(const Base& base, const Profile& profile);
[[nodiscard]] std::string profile_json(const Base& base, const Profile& profile);

}  // namespace mainstream
