// Labelled pictures for tests.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "mainstream/media.hpp"
#include "media/pixels.hpp"

namespace mainstream {

// A plain picture in a JPEG file.
inline void write_plain(const std::filesystem::path& path, int red, int green, int blue) {
  std::filesystem::create_directories(path.parent_path());
  std::vector<std::uint8_t> rgb;
  for (int i = 0; i < 40 * 30; ++i) {
    for (const int value : {red, green, blue}) rgb.push_back(static_cast<std::uint8_t>(value));
  }
  const auto jpeg = encode_jpeg(picture_from_rgb(40, 30, rgb), 95);
  write_file(path, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
}

// FOLDER/PART/CLASS/N.jpg for classes named after their colour: blue, green, red.
inline void write_colours(const std::filesystem::path& folder, const std::vector<std::string>& parts,
                          int pictures) {
  for (const std::string& part : parts) {
    for (int i = 0; i < pictures; ++i) {
      const auto path = [&](const char* name) { return folder / part / name / fmt::format("{}.jpg", i); };
      write_plain(path("blue"), 20, 30 + i, 220);
      write_plain(path("green"), 20, 200, 30 + i);
      write_plain(path("red"), 220, 30 + i, 20);
    }
  }
}

}  // namespace mainstream
