// Describes how a picture becomes a network's input.
#pragma once

#include <array>
#include <cstdint>

namespace mainstream {

// The network reads 1 x 3 x height x width, channels in the given order, each value
// (x - mean[c]) * scale[c] for x in 0..255.
struct InputSpec {
  enum class Channels { rgb, bgr };
  enum class Resize {
    stretch,    // both sides to the network's size; the aspect ratio changes
    crop,       // the short side to the network's size, then the centre
    letterbox,  // the long side to the network's size, the rest filled with grey (127)
  };
  std::int64_t width = 224, height = 224;
  Channels channels = Channels::rgb;
  std::array<float, 3> mean{127.5F, 127.5F, 127.5F};
  std::array<float, 3> scale{1 / 127.5F, 1 / 127.5F, 1 / 127.5F};
  Resize resize = Resize::stretch;

  bool operator==(const InputSpec&) const = default;
};

// A part of each picture, as fractions of its width and height.
struct Region {
  double left = 0, top = 0, width = 1, height = 1;
  auto operator<=>(const Region&) const = default;  // NOLINT(modernize-use-nullptr)
};

}  // namespace mainstream
