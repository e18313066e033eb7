#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "media/convert.hpp"
#include "media/ffmpeg.hpp"

namespace mainstream {
namespace {

constexpr float kLetterboxGrey = 127;

struct Rectangle {
  int left = 0, top = 0, width = 0, height = 0;
};

void check(const View& view) {
  const auto fits = [](double start, double length) {
    return start >= 0 && length > 0 && start + length <= 1 + 1e-9;
  };
  if (fits(view.left, view.width) && fits(view.top, view.height)) return;
  throw Error(ErrorKind::usage,
              fmt::format("expected a view within the picture (0..1), got {} x {} at ({}, {})", view.width,
                          view.height, view.left, view.top));
}

// The whole pixels nearest to a part of a picture's side, `start` on a chroma sample.
void place(double start, double length, int side, int chroma_step, int& first, int& count) {
  first = std::clamp(static_cast<int>(std::lround(start)), 0, side - 1);
  first -= first % chroma_step;
  count = std::clamp(static_cast<int>(std::lround(length)), 1, side - first);
}

// The part of the picture that the network will see.
Rectangle source_part(const AVFrame& frame, const View& view, const InputSpec& spec) {
  double left = view.left * frame.width, width = view.width * frame.width;
  double top = view.top * frame.height, height = view.height * frame.height;
  if (spec.resize == InputSpec::Resize::crop) {
    const double ratio = static_cast<double>(spec.width) / static_cast<double>(spec.height);
    const double new_width = std::min(width, height * ratio), new_height = std::min(height, width / ratio);
    left += (width - new_width) / 2;
    top += (height - new_height) / 2;
    width = new_width;
    height = new_height;
  }
  int log2_chroma_width = 0, log2_chroma_height = 0;
  av_pix_fmt_get_chroma_sub_sample(static_cast<AVPixelFormat>(frame.format), &log2_chroma_width,
                                   &log2_chroma_height);
  Rectangle part;
  place(left, width, frame.width, 1 << log2_chroma_width, part.left, part.width);
  place(top, height, frame.height, 1 << log2_chroma_height, part.top, part.height);
  return part;
}

// The place of that part in the network's input.
Rectangle target_part(const Rectangle& source, const InputSpec& spec) {
  const int width = static_cast<int>(spec.width), height = static_cast<int>(spec.height);
  Rectangle part{0, 0, width, height};
  if (spec.resize != InputSpec::Resize::letterbox) return part;
  const double factor =
      std::min(static_cast<double>(width) / source.width, static_cast<double>(height) / source.height);
  part.width = std::clamp(static_cast<int>(std::lround(source.width * factor)), 1, width);
  part.height = std::clamp(static_cast<int>(std::lround(source.height * factor)), 1, height);
  part.left = (width - part.width) / 2;
  part.top = (height - part.height) / 2;
  return part;
}

// Crops without a copy: the result refers to the frame's memory.
FramePtr cropped(const AVFrame& frame, const Rectangle& part) {
  FramePtr view = owned(av_frame_clone(&frame));
  view->crop_left = static_cast<std::size_t>(part.left);
  view->crop_top = static_cast<std::size_t>(part.top);
  view->crop_right = static_cast<std::size_t>(frame.width - part.left - part.width);
  view->crop_bottom = static_cast<std::size_t>(frame.height - part.top - part.height);
  const int code = av_frame_apply_cropping(view.get(), AV_FRAME_CROP_UNALIGNED);
  if (code < 0) throw Error(ErrorKind::unsupported, "cannot crop a picture: " + ffmpeg_text(code));
  return view;
}

// Changes the planes (red, green, blue) of one row in place.
void change_colours(const View& view, std::array<std::uint8_t*, 3> rgb, int width) {
  const float offset = 128 - 128 * view.contrast + view.brightness;
  for (int x = 0; x < width; ++x) {
    const float red = rgb[0][x], green = rgb[1][x], blue = rgb[2][x];
    const float grey = 0.299F * red + 0.587F * green + 0.114F * blue;
    for (std::uint8_t* plane : rgb) {
      const float colour = plane[x];
      const float value = (grey + (colour - grey) * view.saturation) * view.contrast + offset;
      const float to_be_cut = std::clamp(value, 0.0F, 255.0F) + 0.5F;
      plane[x] = static_cast<std::uint8_t>(to_be_cut);
    }
  }
}

// The compiler turns this into SIMD: widen, subtract, multiply.
void normalise(const std::uint8_t* __restrict from, float* __restrict to, int count, float mean,
               float scale) {
  for (int i = 0; i < count; ++i) to[i] = (static_cast<float>(from[i]) - mean) * scale;
}

}  // namespace

struct InputScaler::State {
  InputSpec spec;
  Converter converter;
  FramePtr scaled;  // planes green, blue, red, as FFmpeg orders them

  void prepare_scaled(const Rectangle& target) {
    if (scaled && scaled->width == target.width && scaled->height == target.height) return;
    scaled = allocate_frame(AV_PIX_FMT_GBRP, target.width, target.height);
  }

  [[nodiscard]] std::array<std::uint8_t*, 3> row(int y) const {
    const auto at = [&](int plane) {
      return scaled->data[plane] + std::ptrdiff_t{y} * scaled->linesize[plane];
    };
    return {at(2), at(0), at(1)};
  }

  void change(const View& view) {
    for (int y = 0; y < scaled->height; ++y) {
      const auto planes = row(y);
      if (view.brightness != 0 || view.contrast != 1 || view.saturation != 1) {
        change_colours(view, planes, scaled->width);
      }
      if (view.flip) {
        for (std::uint8_t* plane : planes) std::reverse(plane, plane + scaled->width);
      }
    }
  }

  void write(const Rectangle& target, std::span<float> out) const {
    const auto width = static_cast<std::size_t>(spec.width), height = static_cast<std::size_t>(spec.height);
    const bool fills = target.width == spec.width && target.height == spec.height;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      float* plane = out.data() + channel * width * height;
      const float mean = spec.mean[channel], scale = spec.scale[channel];
      if (!fills) std::fill(plane, plane + width * height, (kLetterboxGrey - mean) * scale);
      const std::size_t colour = spec.channels == InputSpec::Channels::rgb ? channel : 2 - channel;
      for (int y = 0; y < target.height; ++y) {
        float* to = plane + static_cast<std::size_t>(target.top + y) * width + target.left;
        normalise(row(y)[colour], to, target.width, mean, scale);
      }
    }
  }
};

InputScaler::InputScaler(const InputSpec& spec) : state_(std::make_unique<State>()) {
  if (spec.width < 1 || spec.height < 1 || spec.width > kMaxPictureSide || spec.height > kMaxPictureSide) {
    throw Error(ErrorKind::usage, fmt::format("expected a network input with sides from 1 to {}, got {} x {}",
                                              kMaxPictureSide, spec.width, spec.height));
  }
  state_->spec = spec;
}

InputScaler::~InputScaler() = default;
InputScaler::InputScaler(InputScaler&&) noexcept = default;
InputScaler& InputScaler::operator=(InputScaler&&) noexcept = default;

std::size_t InputScaler::size() const {
  return 3 * static_cast<std::size_t>(state_->spec.width) * static_cast<std::size_t>(state_->spec.height);
}

void InputScaler::scale(const Picture& picture, std::span<float> out, const View& view) {
  if (out.size() != size()) {
    throw Error(ErrorKind::usage, fmt::format("expected room for {} values, got {}", size(), out.size()));
  }
  check(view);
  const AVFrame& frame = frame_of(picture);
  const Rectangle source = source_part(frame, view, state_->spec);
  const Rectangle target = target_part(source, state_->spec);
  state_->prepare_scaled(target);
  if (source.width == frame.width && source.height == frame.height) {
    state_->converter.run(frame, *state_->scaled);
  } else {
    state_->converter.run(*cropped(frame, source), *state_->scaled);
  }
  state_->change(view);
  state_->write(target, out);
}

}  // namespace mainstream
