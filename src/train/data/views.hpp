// Augmentation: how training views differ from the plain picture.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "mainstream/media.hpp"

namespace mainstream {

// For a fixed camera: positions matter, so the picture moves by a few pixels at most and is never mirrored;
// the light changes.
[[nodiscard]] View clip_view(std::mt19937_64& random);

// For pictures of objects: random crops, mirrored where allowed, with changed light and colours.
[[nodiscard]] View picture_view(std::mt19937_64& random, bool flip);

// The noise of a camera, of a random strength, on a network's input of this form.
void add_noise(std::mt19937_64& random, const InputSpec& spec, std::span<float> input);

}  // namespace mainstream
