#include "node/picture_drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "core/json.hpp"

namespace mainstream {
namespace {

constexpr int kSceneWidth = Scene::kWidth, kSceneHeight = Scene::kHeight;
constexpr std::size_t kPixels = static_cast<std::size_t>(kSceneWidth) * kSceneHeight;
constexpr std::size_t kLeastPictures = 12;  // of a median
constexpr int kLearned = 2 * 24 * 6;        // scenes: two days
constexpr std::size_t kReferences = 8;
constexpr double kAlike = 0.75;  // scenes that are more alike share a reference
// Edges of this many steps of brightness count half as much as the strongest.
constexpr float kHalfEdge = 8;
constexpr double kFlat = 0.01;           // mean square of edges: nothing to be seen
constexpr double kDarkLuma = 50;         // brighter, a picture without edges is covered or dazzled
constexpr int kHoursAround = 4;          // dusk moves by so much over the year
constexpr int kSquare = 8;               // side of the blocks that may be covered, in pixels
constexpr double kSquareEdges = 0.02;    // of a block that has something to lose
constexpr double kSquareLikeness = 0.2;  // below, a block has lost it
constexpr int kMostRight = 12, kMostDown = 9;
// Limits. Where learning saw worse on its own, they are as much below what it saw.
constexpr double kLikenessLimit = 0.4, kSharpnessLimit = 0.5, kLostLimit = 0.25, kBelowSeen = 0.7;
constexpr std::size_t kAgree = 6;  // scenes in a row: an hour
// A reference follows what is seen, in some days: seasons change, and a camera does not move by the week.
constexpr double kFollow = 0.002;

std::size_t pixel_at(int x, int y, int width) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
}

// The steps from pixel to pixel that only one in fifty exceeds, by the contrast: edges, and hardly any noise.
double sharpness_of(const std::vector<std::uint8_t>& luma) {
  constexpr int kW = SceneMedian::kWidth, kH = SceneMedian::kHeight;
  std::array<std::int64_t, 256> steps{};
  double sum = 0, squares = 0;
  for (int y = 0; y + 1 < kH; ++y) {
    const std::uint8_t* row = luma.data() + static_cast<std::ptrdiff_t>(y) * kW;
    for (int x = 0; x + 1 < kW; ++x) {
      sum += row[x];
      squares += static_cast<double>(row[x]) * row[x];
      ++steps[static_cast<std::size_t>(std::abs(row[x + 1] - row[x]))];
      ++steps[static_cast<std::size_t>(std::abs(row[x + kW] - row[x]))];
    }
  }
  constexpr std::int64_t kAll = std::int64_t{kW - 1} * (kH - 1);
  std::size_t step = steps.size() - 1;
  for (std::int64_t above = steps[step]; step > 0 && above < kAll * 2 / 50; above += steps[step]) --step;
  const double mean = sum / kAll;
  return static_cast<double>(step) / std::sqrt(std::max(1.0, squares / kAll - mean * mean));
}

double mean_luma(const Scene& scene) {
  return std::accumulate(scene.luma.begin(), scene.luma.end(), 0.0) / static_cast<double>(kPixels);
}

}  // namespace

const char* to_string(PictureFinding finding) noexcept {
  switch (finding) {
    case PictureFinding::learning:
      return "learning";
    case PictureFinding::same:
      return "same";
    case PictureFinding::moved:
      return "moved";
    case PictureFinding::covered:
      return "covered";
    case PictureFinding::blurred:
      return "blurred";
    case PictureFinding::dark:
      return "dark";
  }
  return "same";
}

// ---- From pictures to a scene ----

void SceneMedian::add(const std::vector<std::uint8_t>& luma, int width, int height) {
  if (width != width_ || height != height_) {
    pictures_.clear();
    sharpness_.clear();
  }
  width_ = width;
  height_ = height;
  sharpness_.push_back(sharpness_of(luma));
  std::vector<std::uint8_t>& small = pictures_.emplace_back(kPixels);
  for (int y = 0; y < Scene::kHeight; ++y) {
    for (int x = 0; x < Scene::kWidth; ++x) {
      int sum = 0;
      for (int row = 0; row < kScale; ++row)
        for (int column = 0; column < kScale; ++column)
          sum += luma[pixel_at(x * kScale + column, y * kScale + row, kWidth)];
      small[pixel_at(x, y, Scene::kWidth)] = static_cast<std::uint8_t>(sum / (kScale * kScale));
    }
  }
}

std::optional<Scene> SceneMedian::take(int hour) {
  const auto pictures = std::exchange(pictures_, {});
  std::vector<double> sharpness = std::exchange(sharpness_, {});
  if (pictures.size() < kLeastPictures) return std::nullopt;
  const auto middle = static_cast<std::ptrdiff_t>(pictures.size() / 2);
  Scene scene{std::vector<std::uint8_t>(kPixels), 0, width_, height_, hour};
  std::vector<std::uint8_t> values(pictures.size());
  for (std::size_t pixel = 0; pixel < kPixels; ++pixel) {
    for (std::size_t i = 0; i < pictures.size(); ++i) values[i] = pictures[i][pixel];
    std::nth_element(values.begin(), values.begin() + middle, values.end());
    scene.luma[pixel] = values[static_cast<std::size_t>(middle)];
  }
  std::nth_element(sharpness.begin(), sharpness.begin() + middle, sharpness.end());
  scene.sharpness = sharpness[static_cast<std::size_t>(middle)];
  return scene;
}

// ---- Scenes and references ----

PictureDrift::Reference PictureDrift::reference_of(const Scene& scene) {
  Reference reference;
  reference.scene = scene;
  reference.edges.resize(2 * kPixels);
  reference.hours = 1U << static_cast<unsigned>(scene.hour);
  const auto at = [&](int x, int y) { return static_cast<float>(scene.luma[pixel_at(x, y, kSceneWidth)]); };
  for (int y = 1; y + 1 < kSceneHeight; ++y) {
    for (int x = 1; x + 1 < kSceneWidth; ++x) {
      const float right = (at(x + 1, y) - at(x - 1, y)) / 2, down = (at(x, y + 1) - at(x, y - 1)) / 2;
      const float length = std::hypot(right, down);
      const auto place = 2 * pixel_at(x, y, kSceneWidth);
      reference.edges[place] = right / (length + kHalfEdge);
      reference.edges[place + 1] = down / (length + kHalfEdge);
      reference.strength += static_cast<double>(length / (length + kHalfEdge)) *
                            static_cast<double>(length / (length + kHalfEdge)) / kPixels;
    }
  }
  return reference;
}

// The normalised correlation of the edges of `a`, moved, and `b`, where both are.
double PictureDrift::likeness_of(const Reference& a, const Reference& b, int right, int down) {
  double product = 0, of_a = 0, of_b = 0;
  for (int y = std::max(0, down); y < std::min(kSceneHeight, kSceneHeight + down); ++y) {
    for (int x = std::max(0, right); x < std::min(kSceneWidth, kSceneWidth + right); ++x) {
      const auto in_b = 2 * pixel_at(x, y, kSceneWidth);
      const auto in_a = 2 * pixel_at(x - right, y - down, kSceneWidth);
      const float ax = a.edges[in_a], ay = a.edges[in_a + 1], bx = b.edges[in_b], by = b.edges[in_b + 1];
      product += static_cast<double>(ax * bx + ay * by);
      of_a += static_cast<double>(ax * ax + ay * ay);
      of_b += static_cast<double>(bx * bx + by * by);
    }
  }
  return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

// The share of blocks that had edges and have others, or none, now.
double PictureDrift::lost_of(const Reference& now, const Reference& before) {
  int blocks = 0, lost = 0;
  for (int top = 0; top < kSceneHeight; top += kSquare) {
    for (int left = 0; left < kSceneWidth; left += kSquare) {
      double product = 0, of_now = 0, of_before = 0;
      for (int y = top; y < top + kSquare; ++y) {
        for (int x = left; x < left + kSquare; ++x) {
          const auto place = 2 * pixel_at(x, y, kSceneWidth);
          for (const std::size_t i : {place, place + 1}) {
            product += static_cast<double>(now.edges[i] * before.edges[i]);
            of_now += static_cast<double>(now.edges[i] * now.edges[i]);
            of_before += static_cast<double>(before.edges[i] * before.edges[i]);
          }
        }
      }
      if (of_before < kSquareEdges * kSquare * kSquare) continue;
      ++blocks;
      if (product < kSquareLikeness * std::sqrt(of_now * of_before) || of_now < of_before / 16) ++lost;
    }
  }
  return blocks == 0 ? 0 : static_cast<double>(lost) / blocks;
}

std::size_t PictureDrift::nearest(const Reference& now) const {
  std::size_t best = 0;
  double likeness = -2;
  for (std::size_t i = 0; i < references_.size(); ++i) {
    const double alike = likeness_of(now, references_[i]);
    if (alike <= likeness) continue;
    likeness = alike;
    best = i;
  }
  return best;
}

PictureDrift::Comparison PictureDrift::compare(const Reference& now) const {
  Comparison comparison;
  comparison.reference = nearest(now);
  const Reference& reference = references_[comparison.reference];
  comparison.likeness = likeness_of(now, reference);
  comparison.lost = lost_of(now, reference);
  const bool same_size =
      now.scene.width == reference.scene.width && now.scene.height == reference.scene.height;
  if (same_size && reference.scene.sharpness > 0)
    comparison.sharpness = now.scene.sharpness / reference.scene.sharpness;
  return comparison;
}

void PictureDrift::find_shift(const Reference& now, Comparison& comparison) const {
  constexpr double kClearly = 0.2;
  double best = std::max(comparison.likeness + kClearly, kLikenessLimit);
  for (const Reference& reference : references_) {
    for (int down = -kMostDown; down <= kMostDown; ++down) {
      for (int right = -kMostRight; right <= kMostRight; ++right) {
        const double alike = likeness_of(now, reference, right, down);
        if (alike <= best) continue;
        best = alike;
        comparison.shift = {static_cast<double>(right) / kSceneWidth,
                            static_cast<double>(down) / kSceneHeight};
      }
    }
  }
}

bool PictureDrift::was_dark_about(int hour) const {
  return std::ranges::any_of(references_, [&](const Reference& reference) {
    for (int away = -kHoursAround; away <= kHoursAround; ++away) {
      const auto there = static_cast<unsigned>((hour + away + 24) % 24);
      if (reference.strength < kFlat && (reference.hours >> there & 1U) != 0) return true;
    }
    return false;
  });
}

PictureFinding PictureDrift::judge(const Reference& now, Comparison& comparison) const {
  if (now.strength < kFlat) {
    if (was_dark_about(now.scene.hour)) return PictureFinding::same;
    return mean_luma(now.scene) < kDarkLuma ? PictureFinding::dark : PictureFinding::covered;
  }
  const double least_likeness = std::min(kLikenessLimit, kBelowSeen * least_likeness_);
  const double least_sharpness = std::min(kSharpnessLimit, kBelowSeen * least_sharpness_);
  const double most_lost = std::max(kLostLimit, most_lost_ / kBelowSeen);
  const bool unlike = comparison.likeness < least_likeness;
  if (unlike || comparison.lost > most_lost) {
    find_shift(now, comparison);
    if (comparison.shift) return PictureFinding::moved;
  }
  if (comparison.sharpness < least_sharpness) return PictureFinding::blurred;
  if (unlike) return PictureFinding::moved;
  return comparison.lost > most_lost ? PictureFinding::covered : PictureFinding::same;
}

void PictureDrift::add(const Scene& scene) {
  Reference now = reference_of(scene);
  if (learned_ < kLearned) {
    learn(std::move(now));
    return;
  }
  Comparison comparison = compare(now);
  comparison.finding = judge(now, comparison);
  if (comparison.finding == PictureFinding::same && now.strength >= kFlat) follow(now, comparison.reference);
  settle(comparison);
}

void PictureDrift::learn(Reference now) {
  ++learned_;
  if (learned_ == kLearned) result_.finding = PictureFinding::same;
  if (references_.empty()) {
    references_.push_back(std::move(now));
    return;
  }
  const Comparison comparison = compare(now);
  Reference& reference = references_[comparison.reference];
  const bool flat = now.strength < kFlat, flat_before = reference.strength < kFlat;
  const bool alike = flat ? flat_before : !flat_before && comparison.likeness >= kAlike;
  if (alike || references_.size() >= kReferences) {
    reference.hours |= now.hours;
    if (flat || flat_before) return;
    // The second day shows what a day after the references were chosen may look like.
    if (learned_ <= kLearned / 2) return;
    least_likeness_ = std::min(least_likeness_, comparison.likeness);
    least_sharpness_ = std::min(least_sharpness_, comparison.sharpness);
    most_lost_ = std::max(most_lost_, comparison.lost);
    return;
  }
  references_.push_back(std::move(now));
}

void PictureDrift::follow(const Reference& now, std::size_t place) {
  Reference& reference = references_[place];
  for (std::size_t i = 0; i < reference.edges.size(); ++i)
    reference.edges[i] += static_cast<float>(kFollow) * (now.edges[i] - reference.edges[i]);
  if (now.scene.width == reference.scene.width && now.scene.height == reference.scene.height)
    reference.scene.sharpness += kFollow * (now.scene.sharpness - reference.scene.sharpness);
}

// Other findings than that in force take over when the last hour agrees.
void PictureDrift::settle(const Comparison& comparison) {
  result_.likeness = comparison.likeness;
  result_.sharpness = comparison.sharpness;
  recent_.push_back(comparison.finding);
  if (recent_.size() > kAgree) recent_.pop_front();
  const auto is_same = [](PictureFinding finding) { return finding == PictureFinding::same; };
  const auto same = static_cast<std::size_t>(std::ranges::count_if(recent_, is_same));
  if (recent_.size() < kAgree || (same != 0 && same != kAgree)) return;
  // What is wrong may look like several things in turn: the newest one is told.
  result_.finding = recent_.back();
  result_.shift = comparison.shift;
}

// ---- Kept over a restart ----

Json PictureDrift::to_json() const {
  Json references = Json::array();
  for (const Reference& reference : references_) {
    Json edges = Json::array();
    for (const float edge : reference.edges) edges.push_back(std::lround(edge * 1000));
    references.push_back({{"edges", std::move(edges)},
                          {"strength", reference.strength},
                          {"sharpness", reference.scene.sharpness},
                          {"width", reference.scene.width},
                          {"height", reference.scene.height},
                          {"hours", reference.hours}});
  }
  Json json{{"learned", learned_},
            {"least_likeness", least_likeness_},
            {"least_sharpness", least_sharpness_},
            {"most_lost", most_lost_},
            {"finding", to_string(result_.finding)},
            {"references", std::move(references)}};
  if (result_.shift) json["shift"] = {result_.shift->first, result_.shift->second};
  return json;
}

void PictureDrift::restore(const JsonField& field) {
  learned_ = static_cast<int>(field["learned"].integer(0, kLearned));
  least_likeness_ = field["least_likeness"].number(-1, 1);
  least_sharpness_ = field["least_sharpness"].number(0, 1e6);
  most_lost_ = field["most_lost"].number(0, 1);
  const std::string word = field["finding"].text();
  for (const auto finding : {PictureFinding::learning, PictureFinding::same, PictureFinding::moved,
                             PictureFinding::covered, PictureFinding::blurred, PictureFinding::dark}) {
    if (word == to_string(finding)) result_.finding = finding;
  }
  if (const auto shift = field.find("shift")) {
    if (shift->size() != 2) shift->fail("expected 2 values, got " + std::to_string(shift->size()));
    result_.shift = {shift->at(0).number(-1, 1), shift->at(1).number(-1, 1)};
  }
  const JsonField references = field["references"];
  if (references.size() > kReferences || (learned_ > 0 && references.size() == 0))
    references.fail(fmt::format("expected 1 to {} references, got {}", kReferences, references.size()));
  for (std::size_t i = 0; i < references.size(); ++i) {
    const JsonField one = references.at(i);
    Reference& reference = references_.emplace_back();
    const JsonField edges = one["edges"];
    if (edges.size() != 2 * kPixels)
      edges.fail(fmt::format("expected {} values, got {}", 2 * kPixels, edges.size()));
    for (std::size_t e = 0; e < edges.size(); ++e)
      reference.edges.push_back(static_cast<float>(edges.at(e).number(-1000, 1000) / 1000));
    reference.strength = one["strength"].number(0, 1);
    reference.scene.sharpness = one["sharpness"].number(0, 1e6);
    reference.scene.width = static_cast<int>(one["width"].integer(0, 1 << 20));
    reference.scene.height = static_cast<int>(one["height"].integer(0, 1 << 20));
    reference.hours = static_cast<std::uint32_t>(one["hours"].integer(0, (1 << 24) - 1));
  }
}

}  // namespace mainstream
