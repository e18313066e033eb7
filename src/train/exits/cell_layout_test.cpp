#include "train/exits/cell_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "train/exits/level_features.hpp"

namespace mainstream {
namespace {

ExitLevel level_of(Shape shape, std::int64_t window = 1) {
  ExitLevel level{"t", std::move(shape), {}, {}};
  if (window > 1) level.pooling = {ExitPooling::Kind::average, {window, window}};
  return level;
}

std::vector<float> random_values(std::size_t count) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

TEST(CellLayout, WeightsOfRawFeaturesGiveTheSame) {
  for (const ExitLevel& level : {level_of({1, 3, 20, 14}), level_of({1, 2, 5, 5}), level_of({1, 4, 1, 1}),
                                 level_of({1, 2, 3, 9}), level_of({1, 3, 28, 28}, 4)}) {
    const CellLayout layout(level);
    const std::vector<float> features = random_values(feature_count(level));
    std::vector<float> weights = features;
    std::ranges::reverse(weights);
    const std::vector<float> arranged = layout.arranged(features), raw = layout.raw_weights(weights);
    EXPECT_NEAR(std::inner_product(arranged.begin(), arranged.end(), weights.begin(), 0.0),
                std::inner_product(features.begin(), features.end(), raw.begin(), 0.0), 1e-4);
  }
}

TEST(CellLayout, PutsFeaturesOfACellTogether) {
  const CellLayout layout(level_of({1, 2, 10, 10}));
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    EXPECT_EQ(layout.begin(cell + 1) - layout.begin(cell), 8U);
    EXPECT_EQ(layout.share(cell), 0.04);
  }
  std::vector<float> features(200, 0);
  features[100 + 2 * 10 + 9] = 1;  // second channel, third row, last column: cell 9
  const std::vector<float> arranged = layout.arranged(features);
  const auto largest = std::ranges::max_element(arranged) - arranged.begin();
  EXPECT_GE(largest, static_cast<std::ptrdiff_t>(layout.begin(9)));
  EXPECT_LT(largest, static_cast<std::ptrdiff_t>(layout.begin(10)));
}

TEST(CellLayout, LeavesCellsEmptyWhereTheLevelIsCoarse) {
  const CellLayout layout(level_of({1, 3, 1, 1}));
  for (std::size_t cell = 0; cell < kCells; ++cell) EXPECT_EQ(layout.share(cell), cell == 12 ? 1 : 0);
}

TEST(CellLayout, BlursOverNeighboursAndKeepsWhatIsFlat) {
  const ExitLevel level = level_of({1, 1, 40, 40});
  const CellLayout layout(level);
  EXPECT_THAT(layout.arranged(std::vector<float>(1600, 3)), testing::Each(testing::FloatNear(3, 1e-5F)));
  std::vector<float> dot(1600, 0);
  dot[0] = 1;
  const std::vector<float> arranged = layout.arranged(dot);
  EXPECT_NEAR(std::accumulate(arranged.begin(), arranged.end(), 0.0), 1, 1e-5);
  // Two positions are one standard deviation of the blur. At the corner the mirrored halves come back.
  const double corner = arranged[0], beside = arranged[2];
  const auto height = [](double distance) { return std::exp(-distance * distance / 8); };
  EXPECT_NEAR(beside / corner, (height(2) + height(3)) / (height(0) + height(1)), 1e-5);
}

}  // namespace
}  // namespace mainstream
