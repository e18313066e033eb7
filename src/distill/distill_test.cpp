#include "mainstream/distill.hpp"
#include "graph/passes.hpp"
#include "media/pixels.hpp"
#include "package/fingerprint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "distill/student.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

// Two convolutions with stride 2 and ReLU: 3 -> `width` -> `width` channels.
Base tiny_base(std::int64_t width, std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.3F);
  const auto weights = [&](const Shape& shape) {
    std::vector<float> values(static_cast<std::size_t>(element_count(shape)));
    for (float& value : values) value = normal(random);
    return make_tensor(shape, std::move(values));
  };
  Graph graph;
  graph.name = "tiny";
  graph.inputs = {"x"};
  graph.outputs = {"r2"};
  graph.shapes["x"] = {1, 3, size, size};
  graph.constants["w1"] = weights({width, 3, 3, 3});
  graph.constants["w2"] = weights({width, width, 3, 3});
  const op::Conv conv{{2, 2}, {1, 1}, {1, 1, 1, 1}, 1};
  graph.nodes = {{conv, {"x", "w1"}, "c1"},
                 {op::Activation{}, {"c1"}, "r1"},
                 {conv, {"r1", "w2"}, "c2"},
                 {op::Activation{}, {"c2"}, "r2"}};
  infer_shapes(graph);
  return prepare_base(std::move(graph), {"tiny", {}, "r2"});
}

// Pictures with a bright square somewhere on a coloured ground.
void write_pictures(const std::filesystem::path& folder, int count) {
  std::mt19937 random(7);
  for (int i = 0; i < count; ++i) {
    std::vector<std::uint8_t> rgb(48 * 48 * 3);
    const unsigned ground = random() % 200;
    const unsigned left = random() % 32;
    const unsigned top = random() % 32;
    for (unsigned y = 0; y < 48; ++y) {
      for (unsigned x = 0; x < 48; ++x) {
        const bool inside = x >= left && x < left + 16 && y >= top && y < top + 16;
        for (unsigned c = 0; c < 3; ++c)
          rgb[(y * 48 + x) * 3 + c] = static_cast<std::uint8_t>(inside ? 250 : ground + 10 * c);
      }
    }
    const auto jpeg = encode_jpeg(picture_from_rgb(48, 48, rgb), 90);
    write_file(folder / ("p" + std::to_string(i) + ".jpg"),
               {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  }
}

class DistillTest : public testing::Test {
 protected:
  DistillTest() {
    std::filesystem::create_directories(folder_ / "pictures");
    write_pictures(folder_ / "pictures", 40);
    options_.images = {folder_ / "pictures"};
    options_.work = folder_ / "work";
    options_.views = 2;
    options_.batch = 8;
    options_.epochs = 30;
    options_.learning_rate = 2e-2;
    options_.held_out = 0.2;
    options_.threads = 1;
  }
  const TestFolder folder_;
  const Base teacher_ = tiny_base(8, 32, 1);
  const Base student_ = tiny_base(4, 24, 2);
  DistillOptions options_;
};

TEST_F(DistillTest, TheStudentLearnsAndHasTheAskedStructure) {
  DistillOptions none = options_;
  none.epochs = 0;
  const auto untrained = distill(teacher_, student_, none);
  const auto trained = distill(teacher_, student_, options_);
  ASSERT_TRUE(untrained && trained);
  EXPECT_EQ(trained->pictures, 40);
  EXPECT_LT(trained->held_out_loss, 0.8 * untrained->held_out_loss);
  EXPECT_EQ(trained->base.graph.shape(trained->base.features), student_.graph.shape(student_.features));
  EXPECT_EQ(trained->base.layers(), student_.layers());
  EXPECT_NE(trained->base.id, student_.id);
}

TEST_F(DistillTest, AKilledRunGoesOnWhereItEnded) {
  const auto whole = distill(teacher_, student_, options_);
  options_.work = folder_ / "killed";
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(distill(teacher_, student_, options_, stop.get_token()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "killed/checkpoint.pt"));
  const auto resumed = distill(teacher_, student_, options_);
  ASSERT_TRUE(whole && resumed);
  EXPECT_EQ(whole->base.id, resumed->base.id);
  // Everything is there: a second run trains nothing and answers the same.
  EXPECT_EQ(distill(teacher_, student_, options_)->base.id, whole->base.id);
}

TEST_F(DistillTest, AnotherPreparationOfThePicturesStartsAfresh) {
  const auto before = distill(teacher_, student_, options_);
  Base corrected = student_;
  corrected.input.mean = {0, 0, 0};
  const auto after = distill(teacher_, corrected, options_);
  ASSERT_TRUE(before && after);
  EXPECT_NE(after->base.id, before->base.id);
}

TEST_F(DistillTest, FilesThatAreNoPicturesArePassedOver) {
  write_file(folder_ / "pictures/notes.txt", "no picture");
  const auto result = distill(teacher_, student_, options_);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->pictures, 40);
  EXPECT_EQ(result->skipped, 1);
}

TEST_F(DistillTest, NoPicturesAtAllIsAnError) {
  const TestFolder empty;
  options_.images = {empty.path()};
  EXPECT_ERROR(usage, distill(teacher_, student_, options_), "no pictures");
  options_.images = {"/nowhere"};
  EXPECT_ERROR(usage, distill(teacher_, student_, options_), "/nowhere: no such file or folder");
}

TEST(StudentTest, NewWeightsKeepTheFunctionsShapeAndFoldAway) {
  const Base base = tiny_base(4, 24, 2);
  Graph blank = with_new_weights(base.graph, 5);
  EXPECT_EQ(blank.nodes.size(), base.graph.nodes.size() + 2);
  EXPECT_EQ(fingerprint(blank), fingerprint(with_new_weights(base.graph, 5)));
  EXPECT_NE(fingerprint(blank), fingerprint(with_new_weights(base.graph, 6)));
  fold(blank);
  EXPECT_EQ(blank.nodes.size(), base.graph.nodes.size());
}

}  // namespace
}  // namespace mainstream
