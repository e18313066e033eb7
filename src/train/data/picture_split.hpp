// Splits pictures into training and validation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mainstream {

struct PictureSplit {
  std::vector<std::size_t> training, validation;  // ascending
};

// Validation gets a share of each class's pictures, at least one, drawn at random from `seed`. Pictures of
// one occasion (by picture; empty: of none) go to one side, so a class of few occasions may have nothing on
// the other.
[[nodiscard]] PictureSplit split_pictures(std::span<const int> labels, int classes, double validation_share,
                                          std::uint64_t seed, std::span<const std::string> occasions = {});

}  // namespace mainstream
