#include "node/drift_watch.hpp"

#include <cmath>
#include <random>

#include "core/file.hpp"
#include "core/log.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kBegin = std::chrono::sys_days(std::chrono::year(2025) / 3 / 1);

class DriftWatchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { set_log_level("off"); }
  static void TearDownTestSuite() { set_log_level("info"); }

  [[nodiscard]] static NodeSetup setup() {
    NodeSetup setup;
    setup.streams = {{.name = "gate", .source = "rtsp://user:secret@camera/main"}};
    setup.apps = {{.id = "crowd@gate", .stream = "gate", .package = "crowd.mpkg"}};
    return setup;
  }
  // Boxes on grey, looked at from `right` pixels further right.
  [[nodiscard]] static Picture picture(int right) {
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3) * 160 * 120, 120);
    std::mt19937 random(4);
    std::uniform_int_distribution<int> x(-50, 210), y(0, 110), shade(0, 255);
    for (int box = 0; box < 60; ++box) {
      const int left = x(random) - right, top = y(random);
      const auto value = static_cast<std::uint8_t>(shade(random));
      for (int row = top; row < std::min(120, top + 12); ++row)
        for (int column = std::max(0, left); column < std::min(160, left + 20); ++column)
          std::fill_n(rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(row) * 160 + column), 3, value);
    }
    return picture_from_rgb(160, 120, rgb);
  }
  [[nodiscard]] std::unique_ptr<DriftWatch> watch() {
    return std::make_unique<DriftWatch>(folder_ / "drift",
                                        [this](const NodeWarning& warning) { warnings_.push_back(warning); });
  }
  // So many minutes, with a frame each 45 seconds.
  void play(DriftWatch& watch, const Picture& picture, int count) {
    for (const WallTime end = now_ + minutes(count); now_ < end; now_ += seconds(45)) {
      watch.see("gate", picture, now_);
      watch.follow(setup(), now_);
    }
  }
  void score(DriftWatch& watch, double middle, const std::string& variant, int days) {
    std::normal_distribution<double> normal;
    AnswerQuality promised;
    promised.tpr = promised.fpr = 0.5;
    for (int ten = 0; ten < 144 * days; ++ten, now_ += minutes(10)) {
      DriftWatch::Scores scores{
          .app = "crowd@gate", .stream = "gate", .package = "abc", .variant = variant, .promised = &promised};
      for (int i = 0; i < 60; ++i)
        ++scores.counts[score_bin(1 / (1 + std::exp(-(middle + normal(random_)))))];
      watch.add(scores, now_);
      watch.follow(setup(), now_);
    }
  }

  TestFolder folder_;
  std::vector<NodeWarning> warnings_;
  std::mt19937 random_{1};
  WallTime now_ = kBegin;
};

TEST_F(DriftWatchTest, WarnsOfACameraThatMovedAndWhenItIsBack) {
  const Picture straight = picture(0), turned = picture(20);
  auto one = watch();
  one->follow(setup(), now_);
  play(*one, straight, 60 * 48 + 20);
  EXPECT_EQ(one->picture("gate").finding, "same");
  EXPECT_TRUE(warnings_.empty());
  one = nullptr;  // a restart
  one = watch();
  one->follow(setup(), now_);
  EXPECT_EQ(one->picture("gate").finding, "same") << "it was kept";
  play(*one, turned, 90);
  EXPECT_EQ(one->picture("gate").finding, "moved");
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0].stream, "gate");
  EXPECT_EQ(warnings_[0].app, "");
  EXPECT_THAT(warnings_[0].text,
              testing::HasSubstr("the camera has moved: it looks 12 % of its width to the right"));
  EXPECT_THAT(warnings_[0].text, testing::HasSubstr("remove " + (folder_ / "drift/gate.json").string()));
  EXPECT_EQ(one->picture("gate").warning, warnings_[0].text);
  one = nullptr;
  one = watch();
  one->follow(setup(), now_);
  EXPECT_EQ(one->picture("gate").warning, warnings_[0].text) << "it stays, and is not told again";
  EXPECT_EQ(warnings_.size(), 1U);
  play(*one, straight, 90);
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[1].text, "the picture is as before again");
  EXPECT_EQ(one->picture("gate").warning, "");
  EXPECT_EQ(read_file(folder_ / "drift/gate.json").find("secret"), std::string::npos);
}

TEST_F(DriftWatchTest, LearnsAnewWhenTheFileIsRemoved) {
  auto one = watch();
  one->follow(setup(), now_);
  play(*one, picture(0), 60 * 48 + 80);
  EXPECT_EQ(one->picture("gate").finding, "same");
  std::filesystem::remove(folder_ / "drift/gate.json");
  play(*one, picture(0), 5);
  EXPECT_EQ(one->picture("gate").finding, "learning");
}

TEST_F(DriftWatchTest, AFileThatIsWrongIsLearnedAnew) {
  std::filesystem::create_directories(folder_ / "drift");
  for (const char* text :
       {"", "{", "{\"format\": 9}", "{\"format\":1,\"source\":\"rtsp://user:***@camera/main\"}"}) {
    write_file(folder_ / "drift/gate.json", text);
    auto one = watch();
    one->follow(setup(), now_);
    EXPECT_EQ(one->picture("gate").finding, "learning") << text;
  }
}

TEST_F(DriftWatchTest, WarnsOfScoresByCandidate) {
  auto one = watch();
  one->follow(setup(), now_);
  score(*one, -2, "exit-9", 9);
  EXPECT_FALSE(one->scores("crowd@gate").learning);
  score(*one, 0, "exit-9", 3);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_EQ(warnings_[0].app, "crowd@gate");
  EXPECT_THAT(warnings_[0].text, testing::StartsWith("its scores are not those of its first days here"));
  score(*one, 0, "exit-30", 2);
  EXPECT_TRUE(one->scores("crowd@gate").learning) << "another candidate has scores of its own";
  EXPECT_NE(one->scores("crowd@gate").warning, "") << "and proves nothing yet";
  one = nullptr;
  one = watch();
  one->follow(setup(), now_);
  score(*one, 0, "exit-9", 1);
  EXPECT_NE(one->scores("crowd@gate").warning, "");
  EXPECT_EQ(warnings_.size(), 1U);
  score(*one, -2, "exit-9", 14);
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[1].text, "its scores are as before again");
}

}  // namespace
}  // namespace mainstream
