#include <cmath>
#include <random>

#include "core/testing.hpp"
#include "mainstream/media.hpp"
#include "media/pixels.hpp"
#include "media/test_clip.hpp"

namespace mainstream {
namespace {

using Rgb = std::vector<std::uint8_t>;

// Different means and scales tell the channels apart.
InputSpec make_spec(int width, int height, InputSpec::Resize resize = InputSpec::Resize::stretch) {
  InputSpec spec;
  spec.width = width;
  spec.height = height;
  spec.mean = {10, 20, 30};
  spec.scale = {0.5F, 0.25F, 2};
  spec.resize = resize;
  return spec;
}

std::vector<float> scale(const InputSpec& spec, const Picture& picture, const View& view = {}) {
  InputScaler scaler(spec);
  std::vector<float> out(scaler.size());
  scaler.scale(picture, out, view);
  return out;
}

// Smooth and different in every channel and corner, with some noise.
Rgb make_rgb(int width, int height) {
  std::mt19937 random(1);
  Rgb rgb;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = static_cast<double>(x) / width, v = static_cast<double>(y) / height;
      for (const double value : {200 * u, 200 * v, 100 + 100 * std::sin(9 * u + 5 * v)}) {
        rgb.push_back(static_cast<std::uint8_t>(value + static_cast<double>(random() % 50)));
      }
    }
  }
  return rgb;
}

// The plain reference: each output pixel is the mean over the area of the input that it covers.
double area_mean(const Rgb& rgb, int width, double left, double top, double right, double bottom,
                 int channel) {
  double sum = 0, weights = 0;
  for (int y = static_cast<int>(top); y < bottom; ++y) {
    for (int x = static_cast<int>(left); x < right; ++x) {
      const double weight = (std::min<double>(x + 1, right) - std::max<double>(x, left)) *
                            (std::min<double>(y + 1, bottom) - std::max<double>(y, top));
      sum += weight * rgb[(static_cast<std::size_t>(y) * width + x) * 3 + channel];
      weights += weight;
    }
  }
  return sum / weights;
}

TEST(InputScalerTest, SameSizeIsExact) {
  const Rgb rgb = make_rgb(31, 17);
  const InputSpec spec = make_spec(31, 17);
  const auto out = scale(spec, picture_from_rgb(31, 17, rgb));
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < 31 * 17; ++i) {
      ASSERT_EQ(out[c * 31 * 17 + i], (static_cast<float>(rgb[i * 3 + c]) - spec.mean[c]) * spec.scale[c]);
    }
  }
}

TEST(InputScalerTest, ShrinkingAveragesAllPixels) {
  for (const auto& [width, height] : {std::pair{160, 120}, {300, 200}, {333, 77}, {1001, 999}}) {
    const Rgb rgb = make_rgb(width, height);
    const InputSpec spec = make_spec(40, 30);
    const auto out = scale(spec, picture_from_rgb(width, height, rgb));
    double worst = 0;
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < 30; ++y) {
        for (int x = 0; x < 40; ++x) {
          const double expected = area_mean(rgb, width, x * width / 40.0, y * height / 30.0,
                                            (x + 1) * width / 40.0, (y + 1) * height / 30.0, c);
          const double got = out[(c * 30 + y) * 40 + x] / spec.scale[c] + spec.mean[c];
          worst = std::max(worst, std::abs(got - expected));
        }
      }
    }
    EXPECT_LT(worst, 3) << width << " x " << height;  // out of 255; swscale's filters have 14 bits
  }
}

TEST(InputScalerTest, BgrSwapsTheChannelsOnly) {
  const Picture picture = picture_from_rgb(50, 40, make_rgb(50, 40));
  InputSpec spec;
  spec.width = spec.height = 20;
  const auto rgb = scale(spec, picture);
  spec.channels = InputSpec::Channels::bgr;
  const auto bgr = scale(spec, picture);
  for (std::size_t i = 0; i < 400; ++i) {
    ASSERT_EQ(rgb[i], bgr[800 + i]);
    ASSERT_EQ(rgb[400 + i], bgr[400 + i]);
    ASSERT_EQ(rgb[800 + i], bgr[i]);
  }
}

TEST(InputScalerTest, CropTakesTheMiddle) {
  const Rgb rgb = make_rgb(90, 30);
  Rgb middle;
  for (int y = 0; y < 30; ++y) {
    middle.insert(middle.end(), rgb.begin() + (y * 90 + 30) * 3, rgb.begin() + (y * 90 + 60) * 3);
  }
  EXPECT_EQ(scale(make_spec(20, 20, InputSpec::Resize::crop), picture_from_rgb(90, 30, rgb)),
            scale(make_spec(20, 20), picture_from_rgb(30, 30, middle)));
}

TEST(InputScalerTest, LetterboxKeepsTheRatioAndPadsWithGrey) {
  const Picture picture = picture_from_rgb(80, 40, make_rgb(80, 40));
  const InputSpec spec = make_spec(20, 20, InputSpec::Resize::letterbox);
  const auto out = scale(spec, picture);
  const auto inner = scale(make_spec(20, 10), picture);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t y = 0; y < 20; ++y) {
      for (std::size_t x = 0; x < 20; ++x) {
        const float expected =
            y < 5 || y >= 15 ? (127 - spec.mean[c]) * spec.scale[c] : inner[(c * 10 + y - 5) * 20 + x];
        ASSERT_EQ(out[(c * 20 + y) * 20 + x], expected) << c << " " << y << " " << x;
      }
    }
  }
}

TEST(InputScalerTest, ViewCropsAndFlips) {
  const Rgb rgb = make_rgb(40, 40);
  Rgb part;  // columns 10..29 of rows 20..39, from right to left
  for (int y = 20; y < 40; ++y) {
    for (int x = 29; x >= 10; --x) {
      part.insert(part.end(), rgb.begin() + (y * 40 + x) * 3, rgb.begin() + (y * 40 + x) * 3 + 3);
    }
  }
  const View view{.left = 0.25, .top = 0.5, .width = 0.5, .height = 0.5, .flip = true};
  EXPECT_EQ(scale(make_spec(20, 20), picture_from_rgb(40, 40, rgb), view),
            scale(make_spec(20, 20), picture_from_rgb(20, 20, part)));
}

TEST(InputScalerTest, ViewChangesColours) {
  const Picture picture = picture_from_rgb(1, 1, Rgb{200, 100, 50});
  InputSpec spec = make_spec(1, 1);
  spec.mean = {0, 0, 0};
  spec.scale = {1, 1, 1};
  const auto change = [&](const View& view) { return scale(spec, picture, view); };
  using testing::ElementsAre;
  EXPECT_THAT(change({.brightness = 20}), ElementsAre(220, 120, 70));
  EXPECT_THAT(change({.brightness = 100}), ElementsAre(255, 200, 150));
  EXPECT_THAT(change({.contrast = 0.5F}), ElementsAre(164, 114, 89));
  EXPECT_THAT(change({.saturation = 0}), ElementsAre(124, 124, 124));  // 0.299 R + 0.587 G + 0.114 B
  EXPECT_THAT(change({.brightness = -300}), ElementsAre(0, 0, 0));
}

TEST(InputScalerTest, VideoAndItsRgbAgree) {
  const TestFolder folder;
  run_ffmpeg("-f lavfi -i testsrc2=s=768x576 -frames:v 3 -c:v mpeg4 -q:v 3 " + (folder / "a.avi").string());
  VideoReader reader(folder / "a.avi");
  const Picture yuv = reader.next().value().picture;
  const Picture rgb = picture_from_rgb(yuv.width(), yuv.height(), to_rgb(yuv));
  InputSpec spec;
  spec.width = spec.height = 160;
  const auto a = scale(spec, yuv), b = scale(spec, rgb);
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]) * 127.5;
  EXPECT_LT(sum / static_cast<double>(a.size()), 1.5);
}

TEST(InputScalerTest, PicturesOfChangingSizeAndFormatPassThroughOneScaler) {
  InputScaler scaler(make_spec(20, 20, InputSpec::Resize::letterbox));
  std::vector<float> out(scaler.size());
  for (const auto& [width, height] : {std::pair{50, 40}, {40, 50}, {1, 300}, {300, 1}, {2, 2}, {50, 40}}) {
    const Picture picture = picture_from_rgb(width, height, make_rgb(width, height));
    const Picture jpeg = decode_picture(encode_jpeg(picture), "jpeg");
    for (const Picture& each : {picture, jpeg}) {
      scaler.scale(each, out, {.left = 0.1, .top = 0.1, .width = 0.8, .height = 0.8});
      EXPECT_EQ(out, scale(make_spec(20, 20, InputSpec::Resize::letterbox), each,
                           {.left = 0.1, .top = 0.1, .width = 0.8, .height = 0.8}));
    }
  }
}

TEST(InputScalerTest, RefusesWhatDoesNotFit) {
  const Picture picture = picture_from_rgb(2, 2, Rgb(12));
  EXPECT_ERROR(usage, InputScaler(make_spec(0, 5)), "0 x 5");
  EXPECT_ERROR(usage, InputScaler(make_spec(5, 1 << 20)), "sides from 1 to");
  EXPECT_ERROR(usage, scale(make_spec(2, 2), picture, {.left = 0.5, .width = 0.6}), "expected a view within");
  EXPECT_ERROR(usage, scale(make_spec(2, 2), picture, {.width = 0}), "expected a view within");
  EXPECT_ERROR(usage, scale(make_spec(2, 2), picture, {.top = std::nan("")}), "expected a view within");
  InputScaler scaler(make_spec(2, 2));
  std::vector<float> out(5);
  EXPECT_ERROR(usage, scaler.scale(picture, out), "expected room for 12 values, got 5");
}

}  // namespace
}  // namespace mainstream
