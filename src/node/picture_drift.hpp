// Whether a camera still shows what it showed: the same view, sharp, uncovered and lit.
//
// docs/node.md, "Drift", explains the method.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/json_field.hpp"

namespace mainstream {

// A small grey picture of what stands still in front of a camera.
struct Scene {
  static constexpr int kWidth = 64, kHeight = 48;
  std::vector<std::uint8_t> luma;  // kWidth * kHeight, row by row
  double sharpness = 0;            // steps at edges of a larger picture, by its contrast
  int width = 0, height = 0;       // of the camera's pictures: sharpness depends on it
  int hour = 0;                    // of the day, UTC
};

// Gathers pictures of ten minutes. The median of each pixel is what stands still: what moves is elsewhere in
// most of the pictures.
class SceneMedian {
 public:
  // Of a larger picture: what add() takes.
  static constexpr int kScale = 4, kWidth = Scene::kWidth * kScale, kHeight = Scene::kHeight * kScale;

  // `luma`: kWidth * kHeight. `width`, `height`: of the camera's picture.
  void add(const std::vector<std::uint8_t>& luma, int width, int height);
  [[nodiscard]] std::size_t size() const { return pictures_.size(); }
  // Of what was added since the last call. Nothing where that is too little.
  [[nodiscard]] std::optional<Scene> take(int hour);

 private:
  std::vector<std::vector<std::uint8_t>> pictures_;  // of a Scene's size
  std::vector<double> sharpness_;
  int width_ = 0, height_ = 0;
};

// What became of the picture. In files: learning, same, moved, covered, blurred, dark.
enum class PictureFinding { learning, same, moved, covered, blurred, dark };

[[nodiscard]] const char* to_string(PictureFinding finding) noexcept;

// Compares scenes with a few reference scenes, which it chooses among those of the first two days so that
// each is unlike the others: day, night with infrared light, dusk. Plain values, for one thread at a time.
class PictureDrift {
 public:
  struct Result {
    // What the last hour agrees on.
    PictureFinding finding = PictureFinding::learning;
    double likeness = 1;   // of edges, 1 to -1, of the last scene with the reference
    double sharpness = 1;  // of the last scene, by that of the reference
    // Of a camera that moved a little: how far to the right and down it looks now, in parts of the picture's
    // width and height.
    std::optional<std::pair<double, double>> shift = {};
  };

  // Every ten minutes.
  void add(const Scene& scene);
  [[nodiscard]] const Result& result() const { return result_; }

  [[nodiscard]] Json to_json() const;
  void restore(const JsonField& field);  // throws untrusted

 private:
  // A scene with its edges: the gradient of each pixel, shortened so that strong edges count little more than
  // weak ones, and none in noise.
  struct Reference {
    Scene scene;
    std::vector<float> edges;  // x and y of each pixel
    double strength = 0;       // mean square of the edges
    std::uint32_t hours = 0;   // in which it was seen: bits
  };
  // How a scene compares with the reference that is most like it.
  struct Comparison {
    std::size_t reference = 0;
    double likeness = 0, sharpness = 1, lost = 0;
    std::optional<std::pair<double, double>> shift = {};
    PictureFinding finding = PictureFinding::same;
  };

  [[nodiscard]] static Reference reference_of(const Scene& scene);
  [[nodiscard]] static double likeness_of(const Reference& a, const Reference& b, int right = 0,
                                          int down = 0);
  [[nodiscard]] static double lost_of(const Reference& now, const Reference& before);
  [[nodiscard]] std::size_t nearest(const Reference& now) const;
  [[nodiscard]] Comparison compare(const Reference& now) const;
  [[nodiscard]] PictureFinding judge(const Reference& now, Comparison& comparison) const;
  [[nodiscard]] bool was_dark_about(int hour) const;
  void find_shift(const Reference& now, Comparison& comparison) const;
  void learn(Reference now);
  void follow(const Reference& now, std::size_t reference);
  void settle(const Comparison& comparison);

  int learned_ = 0;  // scenes
  std::vector<Reference> references_;
  // The least and most that was seen while it learned.
  double least_likeness_ = 1, least_sharpness_ = 1, most_lost_ = 0;
  std::deque<PictureFinding> recent_;
  Result result_;
};

}  // namespace mainstream
