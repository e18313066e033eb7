// Base64 (RFC 4648, section 4), for bytes inside text.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace mainstream {

[[nodiscard]] std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace mainstream
