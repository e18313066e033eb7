// Converts pictures to bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "mainstream/media.hpp"

namespace mainstream {

// 8-bit RGB, row by row, as picture_from_rgb takes it.
[[nodiscard]] std::vector<std::uint8_t> to_rgb(const Picture& picture);

// A baseline JPEG; quality 1 (worst) to 100.
[[nodiscard]] std::vector<std::uint8_t> encode_jpeg(const Picture& picture, int quality = 85);

}  // namespace mainstream
