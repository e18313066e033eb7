// HMAC-SHA256 (RFC 2104) as lower-case hexadecimal text.
#pragma once

#include <string>
#include <string_view>

namespace mainstream {

[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace mainstream
