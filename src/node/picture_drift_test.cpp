#include "node/picture_drift.hpp"
#include "core/json.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "core/testing.hpp"

namespace mainstream {
namespace {

constexpr int kWide = SceneMedian::kWidth, kHigh = SceneMedian::kHeight;

std::size_t pixel(int x, int y) {
  return static_cast<std::size_t>(y) * kWide + static_cast<std::size_t>(x);
}

// A street: a sky, a ground, and boxes of other brightness, drawn at the size that SceneMedian takes. By
// night infrared light shows them in other shades; a shadow wanders by day; people pass, and cars park for
// hours.
class Street {
 public:
  explicit Street(std::uint32_t seed) : random_(seed) {
    std::uniform_int_distribution<int> x(0, kWide), y(0, kHigh), w(8, 60), h(8, 40), shade(30, 220);
    for (int i = 0; i < 90; ++i)
      boxes_.push_back({x(random_), y(random_), w(random_), h(random_), shade(random_), shade(random_)});
    std::normal_distribution<float> normal;
    for (float& value : noise_) value = normal(random_);
  }

  // What happens to the camera, all as parts: moved right and down, how blurred (radius), how much of the
  // picture is covered from the left, how much light is left.
  double right = 0, down = 0, covered = 0, light = 1;
  int blur = 0;

  std::vector<std::uint8_t> picture(double hour) {
    std::vector<float> canvas(static_cast<std::size_t>(kWide) * kHigh, 110.F);
    const bool night = hour < 6 || hour > 20;
    const int dx = static_cast<int>(std::lround(right * kWide)),
              dy = static_cast<int>(std::lround(down * kHigh));
    // The street is larger than the picture.
    for (const Box& box : boxes_)
      draw(canvas, box.x - dx, box.y - dy, box.w, box.h,
           night ? static_cast<float>(2 * box.shade + box.other) / 6 : static_cast<float>(box.shade));
    if (!night) shadow(canvas, hour);
    std::uniform_int_distribution<int> x(0, kWide), y(0, kHigh);
    for (int i = 0; i < 6; ++i) draw(canvas, x(random_), y(random_), 10, 24, 20);  // people
    for (int i = 0; i < parked_; ++i) draw(canvas, 40 * i + 10 - dx, kHigh - 60 - dy, 35, 20, 240);
    if (covered > 0) draw(canvas, 0, 0, static_cast<int>(covered * kWide), kHigh, 60);
    for (int i = 0; i < blur; ++i) canvas = blurred(canvas);
    const double sun = night ? 1 : 0.6 + 0.4 * std::sin((hour - 6) / 14 * 3.14);
    std::uniform_int_distribution<std::size_t> begin(0, noise_.size() / 2);
    const std::size_t at = begin(random_);
    std::vector<std::uint8_t> luma;
    luma.reserve(canvas.size());
    for (std::size_t i = 0; i < canvas.size(); ++i) {
      const float noise = (night ? 5.F : 2.F) * noise_[(at + i) % noise_.size()];
      luma.push_back(static_cast<std::uint8_t>(
          std::clamp(static_cast<float>(light * sun) * canvas[i] + noise, 0.F, 255.F)));
    }
    return luma;
  }

  // Ten minutes, of fewer pictures than a node takes.
  Scene scene(double hour) {
    std::uniform_int_distribution<int> chance(0, 11), cars(0, 3);
    if (chance(random_) == 0) parked_ = cars(random_);
    SceneMedian median;
    for (int i = 0; i < 12; ++i) median.add(picture(hour), 768, 576);
    return median.take(static_cast<int>(hour)).value();
  }

  // Days of one scene an hour in place of six: `each` is how often each is given.
  void play(PictureDrift& drift, int days, int each = 6) {
    for (int hour = 0; hour < 24 * days; ++hour) {
      const Scene seen = scene(hour % 24 + 0.5);
      for (int i = 0; i < each; ++i) drift.add(seen);
    }
  }

 private:
  struct Box {
    int x, y, w, h, shade, other;
  };
  static void draw(std::vector<float>& canvas, int x, int y, int w, int h, float shade) {
    for (int row = std::max(0, y); row < std::min(kHigh, y + h); ++row)
      for (int column = std::max(0, x); column < std::min(kWide, x + w); ++column)
        canvas[pixel(column, row)] = shade;
  }
  static void shadow(std::vector<float>& canvas, double hour) {
    const int left = static_cast<int>((hour - 6) / 14 * kWide);
    for (int row = kHigh / 3; row < kHigh; ++row)
      for (int column = std::max(0, left); column < std::min(kWide, left + 50); ++column)
        canvas[pixel(column, row)] *= 0.6F;
  }
  static std::vector<float> blurred(const std::vector<float>& from) {
    std::vector<float> to = from;
    for (int y = 1; y + 1 < kHigh; ++y) {
      for (int x = 1; x + 1 < kWide; ++x) {
        float sum = 0;
        for (int j = -1; j <= 1; ++j)
          for (int i = -1; i <= 1; ++i) sum += from[pixel(x + i, y + j)];
        to[pixel(x, y)] = sum / 9;
      }
    }
    return to;
  }

  std::mt19937 random_;
  std::vector<Box> boxes_;
  std::vector<float> noise_ = std::vector<float>(99'991);
  int parked_ = 0;
};

// Scenes until another finding is in force; nothing within a day.
std::optional<int> scenes_to_finding(Street& street, PictureDrift& drift, double from_hour = 9) {
  for (int ten = 0; ten < 144; ++ten) {
    drift.add(street.scene(std::fmod(from_hour + ten / 6.0, 24)));
    if (drift.result().finding != PictureFinding::same) return ten + 1;
  }
  return std::nullopt;
}

TEST(PictureDriftTest, TheMedianShowsWhatStandsStill) {
  SceneMedian median;
  std::vector<std::uint8_t> empty(static_cast<std::size_t>(kWide) * kHigh, 100);
  for (int i = 0; i < 20; ++i) {
    std::vector<std::uint8_t> picture = empty;
    for (int x = 0; x < 40; ++x)
      for (int y = 50; y < 150; ++y) picture[pixel((10 * i + x) % kWide, y)] = 255;
    median.add(picture, 768, 576);
  }
  const auto scene = median.take(7);
  ASSERT_TRUE(scene);
  EXPECT_TRUE(std::ranges::all_of(scene->luma, [](int value) { return value == 100; }));
  EXPECT_EQ(scene->hour, 7);
  median.add(empty, 768, 576);
  EXPECT_FALSE(median.take(8)) << "one picture is not enough";
}

TEST(PictureDriftTest, MonthsOfWeatherAndPassersByChangeNothing) {
  int other = 0;
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    Street street(seed);
    PictureDrift drift;
    street.play(drift, 2);
    EXPECT_EQ(drift.result().finding, PictureFinding::same);
    for (int day = 0; day < 6; ++day) {
      street.play(drift, 1);
      if (drift.result().finding != PictureFinding::same) ++other;
    }
  }
  EXPECT_EQ(other, 0) << "in twelve days of cameras";
}

TEST(PictureDriftTest, FindsWhatHappenedToTheCameraWithinTwoHours) {
  struct Case {
    PictureFinding finding;
    std::function<void(Street&)> happens;
    double hour;
  };
  const std::vector<Case> cases = {
      {PictureFinding::moved, [](Street& street) { street.right = 0.08; }, 9},
      {PictureFinding::moved, [](Street& street) { street.down = -0.1; }, 9},
      {PictureFinding::moved, [](Street& street) { street.right = 0.06; }, 22},
      {PictureFinding::covered, [](Street& street) { street.covered = 0.5; }, 9},
      {PictureFinding::covered, [](Street& street) { street.covered = 0.5; }, 22},
      {PictureFinding::covered, [](Street& street) { street.covered = 1; }, 13},
      {PictureFinding::blurred, [](Street& street) { street.blur = 12; }, 9},
      {PictureFinding::dark, [](Street& street) { street.light = 0.01; }, 12},
  };
  for (const std::uint32_t seed : {20U}) {
    Street before(seed);
    PictureDrift learned;
    before.play(learned, 2);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      Street street = before;
      PictureDrift drift = learned;
      cases[i].happens(street);
      const auto scenes = scenes_to_finding(street, drift, cases[i].hour);
      ASSERT_TRUE(scenes) << "case " << i << " seed " << seed << " likeness " << drift.result().likeness;
      EXPECT_LE(*scenes, 12) << "case " << i;
      EXPECT_STREQ(to_string(drift.result().finding), to_string(cases[i].finding))
          << "case " << i << " likeness " << drift.result().likeness << " sharpness "
          << drift.result().sharpness;
    }
  }
}

TEST(PictureDriftTest, TellsHowFarACameraMoved) {
  Street street(30);
  PictureDrift drift;
  street.play(drift, 2);
  street.right = 0.125;
  street.down = -1.0 / 12;
  ASSERT_TRUE(scenes_to_finding(street, drift));
  ASSERT_TRUE(drift.result().shift);
  EXPECT_NEAR(drift.result().shift->first, 0.125, 0.02);
  EXPECT_NEAR(drift.result().shift->second, -1.0 / 12, 0.03);
}

TEST(PictureDriftTest, DarkNightsAreNoNews) {
  Street street(40);
  PictureDrift drift;
  const auto play = [&](int days) {
    for (int hour = 0; hour < 24 * days; ++hour) {
      street.light = hour % 24 < 6 || hour % 24 > 20 ? 0.01 : 1;
      const Scene seen = street.scene(hour % 24 + 0.5);
      for (int i = 0; i < 6; ++i) drift.add(seen);
      EXPECT_TRUE(drift.result().finding == PictureFinding::same ||
                  drift.result().finding == PictureFinding::learning)
          << "hour " << hour << " " << to_string(drift.result().finding);
    }
  };
  play(4);
}

TEST(PictureDriftTest, EndsWhenTheCauseHasEnded) {
  Street street(50);
  PictureDrift drift;
  street.play(drift, 2);
  street.covered = 0.6;
  street.play(drift, 1);
  EXPECT_EQ(drift.result().finding, PictureFinding::covered);
  street.covered = 0;
  street.play(drift, 1);
  EXPECT_EQ(drift.result().finding, PictureFinding::same);
}

TEST(PictureDriftTest, GoesOnAfterARestart) {
  Street street(60);
  PictureDrift drift, other;
  street.play(drift, 3);
  other.restore(JsonField(Json::parse(drift.to_json().dump()), "picture"));
  EXPECT_EQ(other.result().finding, PictureFinding::same);
  street.right = 0.1;
  street.play(other, 1);
  EXPECT_EQ(other.result().finding, PictureFinding::moved);
  Json json = drift.to_json();
  json["references"][0]["edges"] = {0};
  PictureDrift wrong;
  EXPECT_THROW(wrong.restore(JsonField(json, "picture")), Error);
}

}  // namespace
}  // namespace mainstream
