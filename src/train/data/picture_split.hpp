// Which pictures a classifier learns from, and which validate it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mainstream {

struct PictureSplit {
  std::vector<std::size_t> training, validation;  // ascending
};

// For validation a share of each class's pictures, at least one, drawn at random from `seed`.
[[nodiscard]] PictureSplit split_pictures(std::span<const int> labels, int classes, double validation_share,
                                          std::uint64_t seed);

}  // namespace mainstream
