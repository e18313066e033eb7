// Pictures as bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "mainstream/media.hpp"

namespace mainstream {

// 8-bit RGB, row by row, as picture_from_rgb takes it.
[[nodiscard]] std::vector<std::uint8_t> to_rgb(const Picture& picture);

// As read_picture, but refuses (untrusted) a picture of more pixels.
[[nodiscard]] Picture read_picture(const std::filesystem::path& path, std::int64_t max_pixels);

// The same for the same pixels, and in all likelihood another one for others. Looks at brightness in every
// fourth row, where any change of a real camera's picture shows. Holds within one process.
[[nodiscard]] std::uint64_t fingerprint(const Picture& picture);

// Brightness alone: one byte for each pixel, row by row, of the whole picture shrunk (or enlarged) to this
// size.
[[nodiscard]] std::vector<std::uint8_t> luma_of(const Picture& picture, int width, int height);

// A baseline JPEG; quality 1 (worst) to 100. A picture with a side of more than `longest_side` pixels is
// scaled down to it; 0: never.
[[nodiscard]] std::vector<std::uint8_t> encode_jpeg(const Picture& picture, int quality = 85,
                                                    int longest_side = 0);

}  // namespace mainstream
