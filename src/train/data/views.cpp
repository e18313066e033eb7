#include "train/data/views.hpp"

namespace mainstream {
namespace {

double between(std::mt19937_64& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

// A random crop with the given side (a fraction of the picture's), with light changed by up to the given
// amounts.
View changed(std::mt19937_64& random, double side, double brightness, double contrast) {
  View view;
  view.width = view.height = side;
  view.left = between(random, 0, 1 - side);
  view.top = between(random, 0, 1 - side);
  view.brightness = static_cast<float>(between(random, -brightness, brightness));
  view.contrast = static_cast<float>(between(random, 1 - contrast, 1 + contrast));
  return view;
}

}  // namespace

View clip_view(std::mt19937_64& random) {
  // One size for all views, so that the scaler is set up once.
  constexpr double kSide = 0.95, kBrightness = 16, kContrast = 0.15;
  return changed(random, kSide, kBrightness, kContrast);
}

View picture_view(std::mt19937_64& random, bool flip) {
  constexpr double kLeastSide = 0.7, kBrightness = 24, kContrast = 0.25, kSaturation = 0.3;
  View view = changed(random, between(random, kLeastSide, 1), kBrightness, kContrast);
  view.saturation = static_cast<float>(between(random, 1 - kSaturation, 1 + kSaturation));
  view.flip = flip && between(random, 0, 1) < 0.5;
  return view;
}

void add_noise(std::mt19937_64& random, const InputSpec& spec, std::span<float> input) {
  constexpr double kStrongest = 8;  // standard deviation, of 255
  std::normal_distribution<float> noise(0, static_cast<float>(between(random, 0, kStrongest)));
  const std::size_t size = input.size() / spec.scale.size();  // of a channel
  for (std::size_t i = 0; i < input.size(); ++i) input[i] += noise(random) * spec.scale[i / size];
}

}  // namespace mainstream
