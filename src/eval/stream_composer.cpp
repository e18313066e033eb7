// Draws a composed stream. A camera that looks at each picture for a while: its view drifts over the
// picture, its exposure follows a first-order autoregression over the whole stream, and its sensor adds
// noise.
#include "eval/stream_composer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "core/file.hpp"
#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "media/video_writer.hpp"

namespace mainstream {
namespace {

constexpr double kSeen = 0.9;       // part of a picture's width and height that the camera sees
constexpr double kDrift = 0.01;     // most that the view moves between two frames, in the same unit
constexpr double kLightKept = 0.9;  // of the last frame's deviation in brightness
constexpr double kLightChange = 3;  // standard deviation of what is new, of 255; of all: 6.9
constexpr int kNoise = 8;           // two draws of 0..8 and their mean off: standard deviation 3.7 of 255

// A view on one picture that drifts and turns round at its edges.
class PictureCamera {
 public:
  explicit PictureCamera(std::mt19937_64& random) : random_(random) {}

  void look_at_next() {
    for (Axis* axis : {&x_, &y_}) {
      axis->place = std::uniform_real_distribution<>(0, 1 - kSeen)(random_);
      axis->speed = std::uniform_real_distribution<>(-kDrift, kDrift)(random_);
    }
  }

  [[nodiscard]] View next() {
    for (Axis* axis : {&x_, &y_}) {
      const double moved = axis->place + axis->speed;
      if (moved < 0 || moved > 1 - kSeen) axis->speed = -axis->speed;
      axis->place = std::clamp(moved, 0.0, 1 - kSeen);
    }
    light_ = kLightKept * light_ + std::normal_distribution<>(0, kLightChange)(random_);
    View view{.left = x_.place, .top = y_.place, .width = kSeen, .height = kSeen};
    view.brightness = static_cast<float>(light_);
    return view;
  }

 private:
  struct Axis {
    double place = 0, speed = 0;
  };
  std::mt19937_64& random_;
  Axis x_, y_;
  double light_ = 0;
};

// A class's pictures in random order, again and again.
class PictureRow {
 public:
  PictureRow(const std::vector<std::filesystem::path>& paths, std::mt19937_64& random) : paths_(paths) {
    std::ranges::shuffle(paths_, random);
  }
  [[nodiscard]] const std::filesystem::path& next() { return paths_[next_++ % paths_.size()]; }

 private:
  std::vector<std::filesystem::path> paths_;
  std::size_t next_ = 0;
};

// From a picture and a view to a frame.
class FramePainter {
 public:
  FramePainter(int width, int height)
      : width_(width),
        height_(height),
        scaler_(spec_of(width, height)),
        planes_(scaler_.size()),
        rgb_(scaler_.size()) {}

  [[nodiscard]] Picture paint(const Picture& picture, const View& view, std::mt19937_64& random) {
    scaler_.scale(picture, planes_, view);
    const std::size_t pixels = rgb_.size() / 3;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < rgb_.size(); ++i) {
      if (i % 4 == 0) bits = random();
      const int noise = static_cast<int>((bits & 255) * (kNoise + 1) >> 8) +
                        static_cast<int>((bits >> 8 & 255) * (kNoise + 1) >> 8) - kNoise;
      bits >>= 16;
      const float value = planes_[i % 3 * pixels + i / 3] + static_cast<float>(noise);
      rgb_[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
    }
    return picture_from_rgb(width_, height_, rgb_);
  }

 private:
  static InputSpec spec_of(int width, int height) {
    return {.width = width,
            .height = height,
            .mean = {0, 0, 0},
            .scale = {1, 1, 1},
            .resize = InputSpec::Resize::crop};
  }
  const int width_, height_;
  InputScaler scaler_;
  std::vector<float> planes_;  // red, green, blue
  std::vector<std::uint8_t> rgb_;
};

// A picture and the first frame that shows it.
struct Shown {
  std::int64_t frame = 0;
  std::filesystem::path picture;
};

class Composer {
 public:
  Composer(const PictureSets& sets, const ComposeOptions& options, const std::filesystem::path& video)
      : random_(options.seed + 1),
        camera_(random_),
        painter_(options.width, options.height),
        writer_(video, options.width, options.height, options.fps),
        hold_(std::max<std::int64_t>(1, std::llround(options.hold_ms * options.fps / 1000))) {
    for (const PictureClass& one : sets.classes) rows_.emplace_back(one.streams, random_);
  }

  // Writes the stretch's frames, and returns the pictures in it.
  [[nodiscard]] std::vector<Shown> add(const Stretch& stretch) {
    std::vector<Shown> shown;
    std::optional<Picture> picture;
    for (std::int64_t frame = stretch.frames.first; frame <= stretch.frames.last; ++frame) {
      if ((frame - stretch.frames.first) % hold_ == 0) {
        shown.push_back({frame, rows_[stretch.shown].next()});
        picture = read_picture(shown.back().picture);
        camera_.look_at_next();
      }
      writer_.add(painter_.paint(*picture, camera_.next(), random_));
    }
    return shown;
  }

  void finish() { writer_.finish(); }

 private:
  std::mt19937_64 random_;
  PictureCamera camera_;
  FramePainter painter_;
  VideoWriter writer_;
  const std::int64_t hold_;       // frames
  std::vector<PictureRow> rows_;  // by class
};

Json record_of(const PictureSets& sets, const ComposeOptions& options) {
  return {{"format", 1},
          {"pictures", sets.parts},
          {"apps", options.apps},
          {"width", options.width},
          {"height", options.height},
          {"fps", options.fps},
          {"event_ms", {options.event_ms.first, options.event_ms.second}},
          {"other_ms", {options.other_ms.first, options.other_ms.second}},
          {"frequency", options.frequency ? Json(*options.frequency) : Json()},
          {"hold_ms", options.hold_ms},
          {"seed", options.seed},
          {"stretches", Json::array()}};
}

}  // namespace

ComposedStream composed_files(const std::filesystem::path& folder) {
  return {folder / "stream.mp4", folder / "labels.csv", folder / "stream.json"};
}

ComposedStream compose_stream(const PictureSets& sets, const ComposeOptions& options,
                              const std::filesystem::path& folder, const std::stop_token& stop,
                              const std::function<void(std::int64_t done, std::int64_t all)>& progress) {
  const std::vector<std::string> classes = sets.names();
  const std::vector<Stretch> stretches = draw_stretches(classes, options);
  const Labels labels = labels_of(stretches, classes, options);
  ComposedStream files = composed_files(folder);
  std::filesystem::create_directories(folder);
  Json record = record_of(sets, options);
  Composer composer(sets, options, files.video);
  for (const Stretch& stretch : stretches) {
    if (stop.stop_requested()) throw Error(ErrorKind::failed, "stopped");
    Json pictures = Json::array();
    for (const Shown& shown : composer.add(stretch)) pictures.push_back(shown.picture.string());
    record["stretches"].push_back({{"class", classes[stretch.shown]},
                                   {"first", stretch.frames.first},
                                   {"last", stretch.frames.last},
                                   {"pictures", std::move(pictures)}});
    if (progress) progress(stretch.frames.last + 1, labels.frames);
  }
  composer.finish();
  write_labels(files.labels, labels);
  write_file(files.record, json_text(record, 1) + "\n");
  return files;
}

}  // namespace mainstream
